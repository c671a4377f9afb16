-- A store goes by the catalogue's price of a product again.
-- $1 store_id integer
-- $2 product_id integer
DELETE FROM store_prices WHERE store_id = $1::integer AND product_id = $2::integer
