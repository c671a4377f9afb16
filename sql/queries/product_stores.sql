-- What some stores have of a product, and their own prices of it: those that ever had it, or have a price.
-- $1 product_id integer
-- $2 codes text[]: the stores; NULL: all
-- columns: store, currency, quantity, price_milli
SELECT s.code AS store, s.currency, coalesce(i.quantity, 0) AS quantity, o.price_milli
FROM stores s
LEFT JOIN inventory i ON i.store_id = s.store_id AND i.product_id = $1::integer
LEFT JOIN store_prices o ON o.store_id = s.store_id AND o.product_id = $1::integer
WHERE ($2::text[] IS NULL OR s.code = ANY ($2::text[])) AND (i.store_id IS NOT NULL OR o.store_id IS NOT NULL)
ORDER BY s.code
