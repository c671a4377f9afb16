-- What keeps a store open: stock, and transfers from it or to it that are under way (transfer names them). The first few are enough.
-- $1 store_id integer
-- $2 limit bigint
-- columns: sku, quantity, transfer
(SELECT p.sku, i.quantity, NULL::text AS transfer
    FROM inventory i
    JOIN products p ON p.product_id = i.product_id
    WHERE i.store_id = $1::integer AND i.quantity > 0
    LIMIT $2::bigint)
UNION ALL
SELECT p.sku, t.quantity - t.received - t.lost - t.returned, s.code || ':' || t.seq
FROM transfers t
JOIN stores s ON s.store_id = t.store_id
JOIN products p ON p.product_id = t.product_id
WHERE t.store_id = $1::integer AND t.received + t.lost + t.returned < t.quantity
UNION ALL
SELECT p.sku, t.quantity - t.received - t.lost - t.returned, s.code || ':' || t.seq
FROM transfers t
JOIN stores s ON s.store_id = t.store_id
JOIN products p ON p.product_id = t.product_id
WHERE t.to_store_id = $1::integer AND t.received + t.lost + t.returned < t.quantity
LIMIT $2::bigint
