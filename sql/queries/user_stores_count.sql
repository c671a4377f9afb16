-- How many stores a user has.
-- $1 user_id integer
-- columns: stores
SELECT count(*) AS stores FROM user_stores WHERE user_id = $1::integer
