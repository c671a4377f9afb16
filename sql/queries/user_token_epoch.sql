-- Which of a user's access tokens are good: those that were made at this epoch. No row for one who cannot log in.
-- $1 user_id integer
-- columns: token_epoch
SELECT u.token_epoch
FROM users u
WHERE u.user_id = $1::integer AND u.disabled_at IS NULL AND u.pending_since IS NULL
