-- A new password.
-- $1 user_id integer
-- $2 password_hash text
UPDATE users SET password_hash = $2::text WHERE user_id = $1::integer
