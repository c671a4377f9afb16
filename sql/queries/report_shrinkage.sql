-- What some stores lost in a period other than by selling, added up by one of many things, by reason and by currency, and the
-- totals of each currency.
-- $1 store_ids integer[]: one of each, as in the next three
-- $2 from_days integer[]: since 1970, the store's first day
-- $3 to_days integer[]: the day after its last
-- $4 places integer[]: the decimals of its currency
-- $5 grouping text: day, week, month, store, product or category; NULL: by reason only
-- $6 after_1 text: the page begins after the row with this cursor_1…
-- $7 after_2 text: …and cursor_2; both NULL: at the beginning
-- $8 limit bigint
-- columns: is_total, cursor_1, cursor_2, key, name, category, unit, reason, currency, quantity, value, movements
WITH daily AS (
    SELECT s.code, s.name, s.currency, a.places, d.*
    FROM unnest($1::integer[], $2::integer[], $3::integer[], $4::integer[]) AS a (store_id, from_day, to_day, places)
    JOIN stores s ON s.store_id = a.store_id
    CROSS JOIN LATERAL (
        SELECT CASE WHEN $5::text IN ('day', 'week', 'month') THEN p.day END AS day,
            CASE WHEN $5::text IN ('product', 'category') THEN p.product_id END AS product_id, p.type_id, p.reason_id,
            -sum(p.quantity) AS lost, -sum(p.value) AS cost, sum(p.movements) AS movements
        FROM stock_daily p
        WHERE p.store_id = a.store_id AND p.day >= date '1970-01-01' + a.from_day AND p.day < date '1970-01-01' + a.to_day
            AND p.type_id IN (3, 5)
        GROUP BY 1, 2, p.type_id, p.reason_id
    ) AS d
), grouped AS (
    SELECT k.key COLLATE "C" AS key, k.name, k.category, k.unit,
        CASE d.type_id WHEN 5 THEN 'count' ELSE coalesce(r.name, 'other') END COLLATE "C" AS reason, d.currency, d.places,
        sum(d.lost) AS lost, sum(d.cost) AS cost, sum(d.movements) AS movements
    FROM daily d
    LEFT JOIN products p ON p.product_id = d.product_id
    LEFT JOIN movement_reasons r ON r.reason_id = d.reason_id
    CROSS JOIN LATERAL (
        SELECT
            CASE $5::text
                WHEN 'day' THEN to_char(d.day, 'YYYY-MM-DD')
                WHEN 'week' THEN to_char(d.day, 'IYYY-"W"IW')
                WHEN 'month' THEN to_char(d.day, 'YYYY-MM')
                WHEN 'store' THEN d.code
                WHEN 'product' THEN p.sku
                WHEN 'category' THEN p.category
            END AS key,
            CASE $5::text WHEN 'store' THEN d.name WHEN 'product' THEN p.name END AS name,
            CASE $5::text WHEN 'product' THEN p.category END AS category,
            CASE $5::text WHEN 'product' THEN p.unit END AS unit
    ) AS k
    GROUP BY 1, 2, 3, 4, 5, 6, 7
), page AS (
    SELECT g.*
    FROM grouped g
    WHERE $6::text IS NULL OR ('=' || coalesce(g.key, ''), g.currency || ' ' || g.reason COLLATE "C") > ($6::text, $7::text)
    ORDER BY coalesce(g.key, ''), g.currency || ' ' || g.reason COLLATE "C"
    LIMIT $8::bigint
), answer AS (
    SELECT false AS is_total, p.* FROM page p
    UNION ALL
    SELECT true, NULL, NULL, NULL, NULL, NULL, t.currency, t.places, sum(t.lost), sum(t.cost), sum(t.movements)
    FROM grouped t
    GROUP BY t.currency, t.places
)
SELECT r.is_total, '=' || coalesce(r.key, '') AS cursor_1, r.currency || ' ' || r.reason AS cursor_2, r.key, r.name, r.category,
    r.unit, r.reason, r.currency, trim_scale(r.lost * 0.001) AS quantity,
    round(r.cost * CASE r.places WHEN 0 THEN 0.001 WHEN 2 THEN 0.00001 WHEN 3 THEN 0.000001 END, r.places) AS value, r.movements
FROM answer r
ORDER BY r.is_total, coalesce(r.key, ''), r.currency || ' ' || r.reason COLLATE "C"
