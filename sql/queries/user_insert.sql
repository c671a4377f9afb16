-- A new user.
-- $1 name text
-- $2 role text
-- $3 password_hash text: NULL: keys only
-- $4 must_change_password boolean
-- $5 pending boolean: waits for approval
-- columns: user_id
INSERT INTO users (name, role, password_hash, must_change_password, pending_since)
VALUES ($1::text, $2::text, $3::text, $4::boolean, CASE WHEN $5::boolean THEN now() END)
RETURNING user_id
