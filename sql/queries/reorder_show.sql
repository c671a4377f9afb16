-- The reorder point of a product in a store.
-- $1 store_id integer
-- $2 product_id integer
-- columns: store, sku, name, unit, quantity, reorder_point, reorder_quantity, low
SELECT s.code AS store, p.sku, p.name, p.unit, i.quantity, i.reorder_point, i.reorder_quantity,
    i.reorder_point IS NOT NULL AND i.quantity <= i.reorder_point AS low
FROM inventory i
JOIN stores s ON s.store_id = i.store_id
JOIN products p ON p.product_id = i.product_id
WHERE i.store_id = $1::integer AND i.product_id = $2::integer
