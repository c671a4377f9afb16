-- Give a store to a user, who may have it already.
-- $1 store_id integer
-- $2 user_id integer
INSERT INTO user_stores (user_id, store_id)
VALUES ($2::integer, $1::integer)
ON CONFLICT (user_id, store_id) DO NOTHING
