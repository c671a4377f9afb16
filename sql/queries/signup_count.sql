-- How many signups wait for approval; who was disabled meanwhile does not wait any more.
-- columns: signups
SELECT count(*) AS signups FROM users WHERE pending_since IS NOT NULL AND disabled_at IS NULL
