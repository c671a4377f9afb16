-- What the till asks: inventory_product of one store, its product by SKU or barcode, with what a cache must know of it.
-- No row: no such store, or no such product.
-- $1 store text
-- $2 code text: SKU or barcode
-- columns: store, currency, sku, name, category, unit, quantity, reorder_point, low, price_milli, updated_at, updated_local,
--     product_id, last_seq, offset_seconds, offset_from, offset_to
SELECT s.code AS store, s.currency, p.sku, p.name, p.category, p.unit, coalesce(i.quantity, 0) AS quantity,
    i.reorder_point,
    coalesce(i.quantity, 0) <= i.reorder_point AND i.reorder_point IS NOT NULL AS low,
    coalesce(o.price_milli, p.price_milli) AS price_milli,
    (extract(epoch FROM i.updated_at) * 1000000)::bigint AS updated_at,
    to_char(i.updated_at AT TIME ZONE s.timezone, 'YYYY-MM-DD HH24:MI:SS') AS updated_local,
    p.product_id, l.last_seq, z.offset_seconds,
    (extract(epoch FROM now()) * 1000000)::bigint - 3600000000 AS offset_from,
    (extract(epoch FROM now()) * 1000000)::bigint + CASE WHEN z.is_steady THEN 3600000000 ELSE -3600000000 END AS offset_to
FROM stores s
JOIN store_ledger l ON l.store_id = s.store_id
CROSS JOIN LATERAL (
    SELECT extract(epoch FROM (now() AT TIME ZONE s.timezone) - (now() AT TIME ZONE 'UTC'))::bigint AS offset_seconds,
        (now() - interval '1 hour') AT TIME ZONE s.timezone = (now() AT TIME ZONE s.timezone) - interval '1 hour'
            AND (now() + interval '1 hour') AT TIME ZONE s.timezone = (now() AT TIME ZONE s.timezone) + interval '1 hour'
            AS is_steady
) AS z
JOIN products p ON p.product_id = (
    SELECT c.product_id FROM products c WHERE c.sku = $2::text
    UNION ALL
    SELECT b.product_id FROM product_barcodes b WHERE b.barcode = $2::text
    LIMIT 1)
LEFT JOIN inventory i ON i.store_id = s.store_id AND i.product_id = p.product_id
LEFT JOIN store_prices o ON o.store_id = s.store_id AND o.product_id = p.product_id
WHERE s.code = $1::text AND s.pending_since IS NULL
