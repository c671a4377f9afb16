-- A user's password, and what it was changed as last.
-- $1 user_id integer
-- columns: password_hash, must_change_password, password_epoch
SELECT u.password_hash, u.must_change_password, u.password_epoch
FROM users u
WHERE u.user_id = $1::integer
