-- How many keys open a user's account.
-- $1 user_id integer
-- columns: keys
SELECT count(*) AS keys FROM user_keys WHERE user_id = $1::integer AND removed_at IS NULL
