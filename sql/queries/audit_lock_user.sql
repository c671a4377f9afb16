-- Hold a user's row before its state is read: what is read after the wait is what holds. Lets rows that point to the user
-- be inserted meanwhile.
-- $1 name text
SELECT FROM users WHERE name = $1::text FOR NO KEY UPDATE
