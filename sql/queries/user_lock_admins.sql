-- Hold the rows of the admins who can log in: of two who disable each other the second sees what the first did. Taken
-- before any other user's row.
-- columns: user_id
SELECT u.user_id
FROM users u
WHERE u.role = 'admin' AND u.disabled_at IS NULL
ORDER BY u.user_id
FOR NO KEY UPDATE
