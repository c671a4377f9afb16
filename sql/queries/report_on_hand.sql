-- What some stores have and what is on its way to them, added up by store, product or category.
-- $1 store_ids integer[]
-- $2 grouping text: store, product or category
-- $3 after_1 text: the page begins after the row with this cursor_1…
-- $4 after_2 text: …and cursor_2; both NULL: at the beginning
-- $5 limit bigint
-- columns: is_total, cursor_1, cursor_2, key, name, category, unit, products, on_hand, in_transit
WITH stock AS (
    SELECT s.code, s.name, d.*
    FROM unnest($1::integer[]) AS a (store_id)
    JOIN stores s ON s.store_id = a.store_id
    CROSS JOIN LATERAL (
        SELECT CASE WHEN $2::text <> 'store' THEN x.product_id END AS product_id, count(*) FILTER (WHERE x.quantity > 0) AS products,
            sum(x.quantity) AS quantity, sum(x.coming) AS coming
        FROM (
            SELECT i.product_id, i.quantity, 0 AS coming
            FROM inventory i
            WHERE i.store_id = a.store_id AND i.quantity > 0
            UNION ALL
            SELECT t.product_id, 0, t.quantity - t.received - t.lost - t.returned
            FROM transfers t
            WHERE t.to_store_id = a.store_id AND t.received + t.lost + t.returned < t.quantity
            OFFSET 0 -- store by store, whatever the number of stores
        ) AS x
        GROUP BY 1
    ) AS d
), products_of AS (
    SELECT CASE WHEN $2::text = 'store' THEN d.code END AS code, CASE WHEN $2::text = 'store' THEN d.name END AS store_name,
        d.product_id, sum(d.products) AS products, sum(d.quantity) AS quantity, sum(d.coming) AS coming
    FROM stock d
    GROUP BY 1, 2, 3
), grouped AS (
    SELECT k.key COLLATE "C" AS key, k.name, k.category, k.unit,
        CASE WHEN $2::text = 'store' THEN sum(d.products) ELSE count(*) FILTER (WHERE d.quantity > 0) END AS products,
        sum(d.quantity) AS quantity, sum(d.coming) AS coming
    FROM products_of d
    LEFT JOIN products p ON p.product_id = d.product_id
    CROSS JOIN LATERAL (
        SELECT CASE $2::text WHEN 'store' THEN d.code WHEN 'product' THEN p.sku WHEN 'category' THEN p.category END AS key,
            CASE $2::text WHEN 'store' THEN d.store_name WHEN 'product' THEN p.name END AS name,
            CASE $2::text WHEN 'product' THEN p.category END AS category,
            CASE $2::text WHEN 'product' THEN p.unit END AS unit
    ) AS k
    GROUP BY 1, 2, 3, 4
)
SELECT false AS is_total, '=' || coalesce(g.key, '') AS cursor_1, '=' AS cursor_2, g.key, g.name, g.category, g.unit, g.products,
    trim_scale(g.quantity * 0.001) AS on_hand, trim_scale(g.coming * 0.001) AS in_transit
FROM grouped g
WHERE $3::text IS NULL OR ('=' || coalesce(g.key, ''), '=') > ($3::text, $4::text)
ORDER BY coalesce(g.key, '')
LIMIT $5::bigint
