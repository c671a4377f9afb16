-- A store's own price of a product.
-- $1 store_id integer
-- $2 product_id integer
-- $3 price_milli bigint
INSERT INTO store_prices (store_id, product_id, price_milli)
VALUES ($1::integer, $2::integer, $3::bigint)
ON CONFLICT (store_id, product_id) DO UPDATE SET price_milli = excluded.price_milli
