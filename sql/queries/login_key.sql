-- A user by name, for a login with a public key that opens the account: one row, or none.
-- $1 name text: the user's name
-- $2 type text: the key's type, as SSH names it
-- $3 blob bytea: the public key, as SSH sends it
-- columns: user_id, user_name, role, enabled, has_password, must_change_password, password_epoch, token_epoch, stores, keys,
--     limits, key_id
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
       coalesce((SELECT string_agg(o.key_id::text, E'\n' ORDER BY o.key_id)
                 FROM user_keys o
                 WHERE o.user_id = u.user_id AND o.removed_at IS NULL), '') AS keys,
       coalesce((SELECT string_agg(format('%s %s %s', l.cost_class, l.per_second, l.burst), E'\n' ORDER BY l.cost_class)
                 FROM user_limits l
                 WHERE l.user_id = u.user_id), '') AS limits,
       k.key_id
FROM users u
JOIN user_keys k USING (user_id)
WHERE u.name = $1::text
  AND k.type = $2::text
  AND k.blob = $3::bytea
  AND k.removed_at IS NULL
