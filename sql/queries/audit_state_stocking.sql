-- What a store has chosen for a product, for the audit trail.
-- $1 store text
-- $2 sku text
-- columns: store_id, state
SELECT s.store_id, jsonb_build_object(
    'store', s.code,
    'price', (
        SELECT trim_scale(o.price_milli / 1000.0)
        FROM store_prices o
        WHERE o.store_id = s.store_id AND o.product_id = p.product_id),
    'reorder_point', trim_scale(i.reorder_point / 1000.0),
    'reorder_quantity', trim_scale(i.reorder_quantity / 1000.0)) AS state
FROM stores s
JOIN products p ON p.sku = $2::text
LEFT JOIN inventory i ON i.store_id = s.store_id AND i.product_id = p.product_id
WHERE s.code = $1::text
