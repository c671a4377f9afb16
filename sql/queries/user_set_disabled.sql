-- Disable or enable a user; one who is so already stays as it was.
-- $1 user_id integer
-- $2 disabled boolean
UPDATE users
SET disabled_at = CASE WHEN $2::boolean THEN coalesce(disabled_at, now()) END
WHERE user_id = $1::integer
