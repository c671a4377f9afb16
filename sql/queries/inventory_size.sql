-- How many products a store keeps, counted so far.
-- $1 store_id integer
-- $2 limit bigint
-- columns: products
SELECT count(*) AS products
FROM (SELECT FROM inventory WHERE store_id = $1::integer LIMIT $2::bigint) AS i
