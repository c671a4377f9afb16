-- Users as the directory holds them: who may come in, with what, and what they may see. Those with some ids, or a page of all
-- by id. Stores that wait for approval are not among a user's yet.
-- $1 user_ids integer[]: these; NULL: a page of all
-- $2 after_id integer: of a page: from the next id on
-- $3 limit bigint: of a page: at most
-- columns: user_id, user_name, role, enabled, has_password, must_change_password, password_epoch, token_epoch, stores, keys,
--     limits
SELECT u.user_id,
       u.name AS user_name,
       u.role,
       u.disabled_at IS NULL AND u.pending_since IS NULL AS enabled,
       u.password_hash IS NOT NULL AS has_password,
       u.must_change_password,
       u.password_epoch,
       u.token_epoch,
       coalesce((SELECT string_agg(s.code, E'\n' ORDER BY s.code)
                 FROM user_stores us JOIN stores s USING (store_id)
                 WHERE us.user_id = u.user_id AND s.pending_since IS NULL), '') AS stores,
       coalesce((SELECT string_agg(k.key_id::text, E'\n' ORDER BY k.key_id)
                 FROM user_keys k
                 WHERE k.user_id = u.user_id AND k.removed_at IS NULL), '') AS keys,
       coalesce((SELECT string_agg(format('%s %s %s', l.cost_class, l.per_second, l.burst), E'\n' ORDER BY l.cost_class)
                 FROM user_limits l
                 WHERE l.user_id = u.user_id), '') AS limits
FROM users u
WHERE u.user_id = ANY (coalesce($1::integer[], ARRAY(SELECT p.user_id
                                                     FROM users p
                                                     WHERE p.user_id > $2::integer
                                                     ORDER BY p.user_id
                                                     LIMIT $3::bigint)))
ORDER BY u.user_id
