-- A user by name, for a login with a password or a token: one row, or none when there is no such user.
-- $1 name text: the user's name
-- columns: user_id, user_name, role, enabled, has_password, must_change_password, password_epoch, token_epoch, stores, keys,
--     limits, password_hash
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
                 WHERE l.user_id = u.user_id), '') AS limits,
       u.password_hash
FROM users u
WHERE u.name = $1::text
