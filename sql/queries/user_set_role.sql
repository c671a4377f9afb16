-- Another role.
-- $1 user_id integer
-- $2 role text
UPDATE users SET role = $2::text WHERE user_id = $1::integer
