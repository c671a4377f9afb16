-- What some stores have at or below its reorder point: stores by code, products by SKU.
-- $1 store_ids integer[]
-- $2 after_1 text: the page begins after this store's…
-- $3 after_2 text: …product; both NULL: at the beginning
-- $4 limit bigint
-- columns: is_total, cursor_1, cursor_2, store, sku, name, category, unit, on_hand, in_transit, reorder_point, missing,
--     reorder_quantity
SELECT false AS is_total, s.code AS cursor_1, r.sku AS cursor_2, s.code AS store, r.sku, r.name, r.category, r.unit,
    trim_scale(r.quantity * 0.001) AS on_hand, trim_scale(r.coming * 0.001) AS in_transit,
    trim_scale(r.reorder_point * 0.001) AS reorder_point,
    trim_scale(greatest(r.reorder_point - r.quantity - r.coming, 0) * 0.001) AS missing,
    trim_scale(r.reorder_quantity * 0.001) AS reorder_quantity
FROM stores s
CROSS JOIN LATERAL (
    SELECT p.sku, p.name, p.category, p.unit, i.quantity, i.reorder_point, i.reorder_quantity, coalesce(c.coming, 0) AS coming
    FROM inventory i
    JOIN products p ON p.product_id = i.product_id
    LEFT JOIN (
        SELECT t.product_id, sum(t.quantity - t.received - t.lost - t.returned) AS coming
        FROM transfers t
        WHERE t.to_store_id = s.store_id AND t.received + t.lost + t.returned < t.quantity
        GROUP BY t.product_id
    ) AS c ON c.product_id = i.product_id
    WHERE i.store_id = s.store_id AND i.quantity <= i.reorder_point AND p.retired_at IS NULL
        AND p.sku > CASE WHEN s.code = $2::text THEN $3::text ELSE '' END
    ORDER BY p.sku
    LIMIT $4::bigint
) AS r
WHERE s.store_id = ANY ($1::integer[]) AND ($2::text IS NULL OR s.code >= $2::text)
ORDER BY s.code, r.sku
LIMIT $4::bigint
