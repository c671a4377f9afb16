-- A user who signed up may come in.
-- $1 user_id integer
UPDATE users SET pending_since = NULL WHERE user_id = $1::integer
