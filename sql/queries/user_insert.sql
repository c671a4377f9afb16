-- A new user.
-- $1 name text
-- $2 role text
-- $3 password_hash text: NULL: keys only
-- columns: user_id
INSERT INTO users (name, role, password_hash)
VALUES ($1::text, $2::text, $3::text)
RETURNING user_id
