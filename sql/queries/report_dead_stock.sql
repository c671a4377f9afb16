-- What some stores have and have not sold in a period: stores by code, products by SKU. What was sold and taken back was not sold.
-- $1 store_ids integer[]: one of each, as in the next three
-- $2 from_days integer[]: since 1970, the store's first day
-- $3 to_days integer[]: the day after its last
-- $4 places integer[]: the decimals of its currency
-- $5 after_1 text: the page begins after this store's…
-- $6 after_2 text: …product; both NULL: at the beginning
-- $7 limit bigint
-- columns: is_total, cursor_1, cursor_2, store, sku, name, category, unit, on_hand, currency, value, updated_at, updated_local
SELECT false AS is_total, s.code AS cursor_1, r.sku AS cursor_2, s.code AS store, r.sku, r.name, r.category, r.unit,
    trim_scale(r.quantity * 0.001) AS on_hand, s.currency,
    round(r.value * CASE a.places WHEN 0 THEN 0.001 WHEN 2 THEN 0.00001 WHEN 3 THEN 0.000001 END, a.places) AS value,
    (extract(epoch FROM r.updated_at) * 1000000)::bigint AS updated_at,
    to_char(r.updated_at AT TIME ZONE s.timezone, 'YYYY-MM-DD HH24:MI:SS') AS updated_local
FROM unnest($1::integer[], $2::integer[], $3::integer[], $4::integer[]) AS a (store_id, from_day, to_day, places)
JOIN stores s ON s.store_id = a.store_id
CROSS JOIN LATERAL (
    SELECT p.sku, p.name, p.category, p.unit, i.quantity, i.value, i.updated_at
    FROM inventory i
    JOIN products p ON p.product_id = i.product_id
    LEFT JOIN (
        SELECT d.product_id
        FROM stock_daily d
        WHERE d.store_id = a.store_id AND d.day >= date '1970-01-01' + a.from_day AND d.day < date '1970-01-01' + a.to_day
            AND d.type_id = 2
        GROUP BY d.product_id
        HAVING sum(d.quantity) < 0
    ) AS sold ON sold.product_id = i.product_id
    WHERE i.store_id = a.store_id AND i.quantity > 0 AND sold.product_id IS NULL
        AND p.sku > CASE WHEN s.code = $5::text THEN $6::text ELSE '' END
    ORDER BY p.sku
    LIMIT $7::bigint
) AS r
WHERE $5::text IS NULL OR s.code >= $5::text
ORDER BY s.code, r.sku
LIMIT $7::bigint
