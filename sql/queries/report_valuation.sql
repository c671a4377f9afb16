-- What the stock of some stores is worth at its moving average cost, added up by store, product or category and by currency, and
-- the totals of each currency.
-- $1 store_ids integer[]: one of each, as in the next
-- $2 places integer[]: the decimals of its currency
-- $3 grouping text: store, product or category
-- $4 after_1 text: the page begins after the row with this cursor_1…
-- $5 after_2 text: …and cursor_2; both NULL: at the beginning
-- $6 limit bigint
-- columns: is_total, cursor_1, cursor_2, key, name, category, unit, products, on_hand, currency, average_cost, value
WITH stock AS (
    SELECT CASE WHEN $3::text = 'store' THEN s.code END AS code, CASE WHEN $3::text = 'store' THEN s.name END AS store_name,
        CASE WHEN $3::text <> 'store' THEN i.product_id END AS product_id, s.currency, a.places, count(*) AS products,
        sum(i.quantity) AS quantity, sum(i.value) AS value
    FROM unnest($1::integer[], $2::integer[]) AS a (store_id, places)
    JOIN stores s ON s.store_id = a.store_id
    CROSS JOIN LATERAL (
        SELECT i.product_id, i.quantity, i.value
        FROM inventory i
        WHERE i.store_id = a.store_id AND i.quantity > 0
        OFFSET 0 -- store by store, whatever the number of stores
    ) AS i
    GROUP BY 1, 2, 3, 4, 5
), grouped AS (
    SELECT k.key COLLATE "C" AS key, k.name, k.category, k.unit, d.currency, d.places,
        CASE WHEN $3::text = 'store' THEN sum(d.products) ELSE count(*) END AS products, sum(d.quantity) AS quantity,
        sum(d.value) AS value
    FROM stock d
    LEFT JOIN products p ON p.product_id = d.product_id
    CROSS JOIN LATERAL (
        SELECT CASE $3::text WHEN 'store' THEN d.code WHEN 'product' THEN p.sku WHEN 'category' THEN p.category END AS key,
            CASE $3::text WHEN 'store' THEN d.store_name WHEN 'product' THEN p.name END AS name,
            CASE $3::text WHEN 'product' THEN p.category END AS category,
            CASE $3::text WHEN 'product' THEN p.unit END AS unit
    ) AS k
    GROUP BY 1, 2, 3, 4, 5, 6
), page AS (
    SELECT g.*
    FROM grouped g
    WHERE $4::text IS NULL OR ('=' || coalesce(g.key, ''), g.currency) > ($4::text, $5::text)
    ORDER BY coalesce(g.key, ''), g.currency
    LIMIT $6::bigint
), answer AS (
    SELECT false AS is_total, p.* FROM page p
    UNION ALL
    SELECT true, NULL, NULL, NULL, NULL, t.currency, t.places, NULL, NULL, sum(t.value)
    FROM grouped t
    GROUP BY t.currency, t.places
)
SELECT r.is_total, '=' || coalesce(r.key, '') AS cursor_1, r.currency AS cursor_2, r.key, r.name, r.category, r.unit, r.products,
    trim_scale(r.quantity * 0.001) AS on_hand, r.currency,
    round(r.value / r.quantity * m.factor * 1000, r.places) AS average_cost, round(r.value * m.factor, r.places) AS value
FROM answer r
CROSS JOIN LATERAL (
    SELECT CASE r.places WHEN 0 THEN 0.001 WHEN 2 THEN 0.00001 WHEN 3 THEN 0.000001 END AS factor
) AS m
ORDER BY r.is_total, coalesce(r.key, ''), r.currency
