-- The limit of the role again for a class of commands.
-- $1 user_id integer
-- $2 cost_class text
DELETE FROM user_limits WHERE user_id = $1::integer AND cost_class = $2::text
