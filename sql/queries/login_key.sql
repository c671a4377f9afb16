-- A public key that opens the account of an enabled user: one row, or none.
-- $1 name text: the user's name
-- $2 type text: the key's type, as SSH names it
-- $3 blob bytea: the public key, as SSH sends it
-- columns: user_id, role, key_id, stores
SELECT u.user_id,
       u.role,
       k.key_id,
       coalesce((SELECT string_agg(s.code, E'\n' ORDER BY s.code)
                 FROM user_stores us JOIN stores s USING (store_id)
                 WHERE us.user_id = u.user_id), '') AS stores
FROM users u
JOIN user_keys k USING (user_id)
WHERE u.name = $1::text
  AND u.disabled_at IS NULL
  AND k.type = $2::text
  AND k.blob = $3::bytea
  AND k.removed_at IS NULL
