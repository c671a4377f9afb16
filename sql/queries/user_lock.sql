-- Hold a user's row, so that what is counted of the user stays true until the commit.
-- $1 user_id integer
-- columns: user_id, role, disabled
SELECT u.user_id, u.role, u.disabled_at IS NOT NULL AS disabled
FROM users u
WHERE u.user_id = $1::integer
FOR UPDATE
