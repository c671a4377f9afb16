-- What some stores sold in a period, added up by one of many things and by currency, and the totals of each currency.
-- $1 store_ids integer[]: one of each, as in the next three
-- $2 from_days integer[]: since 1970, the store's first day
-- $3 to_days integer[]: the day after its last
-- $4 places integer[]: the decimals of its currency
-- $5 grouping text: day, week, month, store, product, category or user
-- $6 after_1 text: the page begins after the row with this cursor_1…
-- $7 after_2 text: …and cursor_2; both NULL: at the beginning
-- $8 limit bigint
-- columns: is_total, cursor_1, cursor_2, key, name, category, unit, currency, quantity, returned, net, revenue, cost, margin,
--     margin_percent
WITH daily AS (
    SELECT s.code, s.name, s.currency, a.places, d.*
    FROM unnest($1::integer[], $2::integer[], $3::integer[], $4::integer[]) AS a (store_id, from_day, to_day, places)
    JOIN stores s ON s.store_id = a.store_id
    CROSS JOIN LATERAL (
        -- by user and not by product: far fewer rows for all that is not asked by product
        SELECT CASE WHEN $5::text IN ('day', 'week', 'month') THEN u.day END AS day, NULL::integer AS product_id,
            CASE WHEN $5::text = 'user' THEN u.user_id END AS user_id,
            -coalesce(sum(u.quantity) FILTER (WHERE u.type_id = 2), 0) AS sold,
            coalesce(sum(u.quantity) FILTER (WHERE u.type_id = 4), 0) AS returned, sum(u.amount) AS amount, -sum(u.value) AS cost
        FROM stock_daily_users u
        WHERE u.store_id = a.store_id AND u.day >= date '1970-01-01' + a.from_day AND u.day < date '1970-01-01' + a.to_day
            AND u.type_id IN (2, 4) AND $5::text NOT IN ('product', 'category')
        GROUP BY 1, 3
        UNION ALL
        SELECT NULL, p.product_id, NULL, -coalesce(sum(p.quantity) FILTER (WHERE p.type_id = 2), 0),
            coalesce(sum(p.quantity) FILTER (WHERE p.type_id = 4), 0), sum(p.amount), -sum(p.value)
        FROM stock_daily p
        WHERE p.store_id = a.store_id AND p.day >= date '1970-01-01' + a.from_day AND p.day < date '1970-01-01' + a.to_day
            AND p.type_id IN (2, 4) AND $5::text IN ('product', 'category')
        GROUP BY p.product_id
    ) AS d
), summed AS (
    -- before anything is named: what is grouped by text shall be few rows
    SELECT CASE WHEN $5::text = 'store' THEN d.code END AS code, CASE WHEN $5::text = 'store' THEN d.name END AS store_name,
        d.day, d.product_id, d.user_id, d.currency, d.places, sum(d.sold) AS sold, sum(d.returned) AS returned,
        sum(d.amount) AS amount, sum(d.cost) AS cost
    FROM daily d
    GROUP BY 1, 2, 3, 4, 5, 6, 7
), grouped AS (
    SELECT k.key COLLATE "C" AS key, k.name, k.category, k.unit, d.currency, d.places, sum(d.sold) AS sold,
        sum(d.returned) AS returned, sum(d.amount) AS amount, sum(d.cost) AS cost
    FROM summed d
    LEFT JOIN products p ON p.product_id = d.product_id
    LEFT JOIN users u ON u.user_id = d.user_id
    CROSS JOIN LATERAL (
        SELECT
            CASE $5::text
                WHEN 'day' THEN to_char(d.day, 'YYYY-MM-DD')
                WHEN 'week' THEN to_char(d.day, 'IYYY-"W"IW')
                WHEN 'month' THEN to_char(d.day, 'YYYY-MM')
                WHEN 'store' THEN d.code
                WHEN 'product' THEN p.sku
                WHEN 'category' THEN p.category
                WHEN 'user' THEN u.name
            END AS key,
            CASE $5::text WHEN 'store' THEN d.store_name WHEN 'product' THEN p.name END AS name,
            CASE $5::text WHEN 'product' THEN p.category END AS category,
            CASE $5::text WHEN 'product' THEN p.unit END AS unit
    ) AS k
    GROUP BY 1, 2, 3, 4, 5, 6
    HAVING sum(d.sold) <> 0 OR sum(d.returned) <> 0 OR sum(d.amount) <> 0 OR sum(d.cost) <> 0
), page AS (
    SELECT g.*
    FROM grouped g
    WHERE $6::text IS NULL OR ('=' || coalesce(g.key, ''), g.currency) > ($6::text, $7::text)
    ORDER BY coalesce(g.key, ''), g.currency
    LIMIT $8::bigint
), answer AS (
    SELECT false AS is_total, p.* FROM page p
    UNION ALL
    SELECT true, NULL, NULL, NULL, NULL, t.currency, t.places, sum(t.sold), sum(t.returned), sum(t.amount), sum(t.cost)
    FROM grouped t
    GROUP BY t.currency, t.places
)
SELECT r.is_total, '=' || coalesce(r.key, '') AS cursor_1, r.currency AS cursor_2, r.key, r.name, r.category, r.unit, r.currency,
    trim_scale(r.sold * 0.001) AS quantity, trim_scale(r.returned * 0.001) AS returned,
    trim_scale((r.sold - r.returned) * 0.001) AS net, round(r.amount * m.factor, r.places) AS revenue,
    round(r.cost * m.factor, r.places) AS cost, round(r.amount * m.factor, r.places) - round(r.cost * m.factor, r.places) AS margin,
    round((r.amount - r.cost) * 100 / nullif(r.amount, 0), 1) AS margin_percent
FROM answer r
CROSS JOIN LATERAL (
    SELECT CASE r.places WHEN 0 THEN 0.001 WHEN 2 THEN 0.00001 WHEN 3 THEN 0.000001 END AS factor
) AS m
ORDER BY r.is_total, coalesce(r.key, ''), r.currency
