-- A user by name, for a login with a password: one row, or none when there is no such user.
-- $1 name text: the user's name
-- columns: user_id, role, password_hash, enabled, stores
SELECT u.user_id,
       u.role,
       u.password_hash,
       u.disabled_at IS NULL AS enabled,
       coalesce((SELECT string_agg(s.code, E'\n' ORDER BY s.code)
                 FROM user_stores us JOIN stores s USING (store_id)
                 WHERE us.user_id = u.user_id), '') AS stores
FROM users u
WHERE u.name = $1::text
