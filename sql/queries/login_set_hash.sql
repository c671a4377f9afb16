-- Replace a password's hash by one of the same password at today's cost, unless it was changed meanwhile.
-- $1 user_id integer: whose
-- $2 old_hash text: what it was made from
-- $3 new_hash text: what to keep
UPDATE users
SET password_hash = $3::text
WHERE user_id = $1::integer
  AND password_hash = $2::text
