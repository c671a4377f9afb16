-- End all access tokens of a user.
-- $1 user_id integer
UPDATE users SET token_epoch = token_epoch + 1 WHERE user_id = $1::integer
