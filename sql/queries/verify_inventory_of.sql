-- The stock of some products of a store, and what has moved since a movement: both of one moment.
-- $1 store_id integer
-- $2 product_ids integer[]
-- $3 after_seq bigint: the last movement that is known
-- columns: product_id, sku, quantity, worth, moved, moved_worth
SELECT i.product_id, p.sku, i.quantity, i.value AS worth, m.moved, m.moved_worth
FROM unnest($2::integer[]) AS n (product_id)
JOIN inventory i ON i.store_id = $1::integer AND i.product_id = n.product_id
JOIN products p ON p.product_id = i.product_id
CROSS JOIN LATERAL (
    SELECT coalesce(sum(m.quantity), 0)::bigint AS moved, coalesce(sum(m.value), 0)::bigint AS moved_worth
    FROM stock_movements m
    WHERE m.store_id = $1::integer AND m.product_id = n.product_id AND m.seq > $3::bigint
) AS m
ORDER BY i.product_id
