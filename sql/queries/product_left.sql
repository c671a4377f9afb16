-- Where there is some of a product still: in a store, or on its way from one (transfer names it then). No matter how many rows,
-- the first few are enough.
-- $1 product_id integer
-- $2 limit bigint
-- columns: store, quantity, transfer
SELECT s.code AS store, i.quantity, NULL::text AS transfer
FROM stores s
JOIN inventory i ON i.store_id = s.store_id AND i.product_id = $1::integer
WHERE i.quantity > 0
UNION ALL
SELECT s.code, t.quantity - t.received - t.lost - t.returned, s.code || ':' || t.seq
FROM transfers t
JOIN stores s ON s.store_id = t.store_id
WHERE t.product_id = $1::integer AND t.received + t.lost + t.returned < t.quantity
ORDER BY transfer NULLS FIRST, store
LIMIT $2::bigint
