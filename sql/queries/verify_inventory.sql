-- A page of a store's stock by product, and what has moved since a movement: both of one moment, so that sales may go on.
-- $1 store_id integer
-- $2 after_product integer
-- $3 after_seq bigint: the last movement that is known
-- $4 limit bigint
-- columns: product_id, sku, quantity, worth, moved, moved_worth
SELECT i.product_id, p.sku, i.quantity, i.value AS worth, m.moved, m.moved_worth
FROM (
    SELECT i.product_id, i.quantity, i.value
    FROM inventory i
    WHERE i.store_id = $1::integer AND i.product_id > $2::integer
    ORDER BY i.product_id
    LIMIT $4::bigint
) AS i
JOIN products p ON p.product_id = i.product_id
CROSS JOIN LATERAL (
    SELECT coalesce(sum(m.quantity), 0)::bigint AS moved, coalesce(sum(m.value), 0)::bigint AS moved_worth
    FROM stock_movements m
    WHERE m.store_id = $1::integer AND m.product_id = i.product_id AND m.seq > $3::bigint
) AS m
ORDER BY i.product_id
