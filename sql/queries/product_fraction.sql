-- A store where a fraction of a product was ever moved.
-- $1 product_id integer
-- columns: store
SELECT s.code AS store
FROM stores s
WHERE EXISTS (
    SELECT FROM stock_movements m
    WHERE m.store_id = s.store_id AND m.product_id = $1::integer AND m.quantity % 1000 <> 0)
ORDER BY s.code
LIMIT 1
