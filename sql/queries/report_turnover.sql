-- How often some stores turned over their stock in a period, added up by store, product or category and by currency, and the
-- totals of each currency. The worth at the end of a day is the worth now, less what later days changed of it; its average is that
-- of all the period's days. What is entered late can make either less than 0: then there is no ratio.
-- $1 store_ids integer[]: one of each, as in the next three
-- $2 from_days integer[]: since 1970, the store's first day
-- $3 to_days integer[]: the day after its last
-- $4 places integer[]: the decimals of its currency
-- $5 grouping text: store, product or category
-- $6 after_1 text: the page begins after the row with this cursor_1…
-- $7 after_2 text: …and cursor_2; both NULL: at the beginning
-- $8 limit bigint
-- columns: is_total, cursor_1, cursor_2, key, name, category, unit, currency, cost, average_value, value, turns, days_of_cover
WITH worth AS (
    SELECT s.code, s.name, s.currency, a.places, a.to_day - a.from_day AS days, d.*
    FROM unnest($1::integer[], $2::integer[], $3::integer[], $4::integer[]) AS a (store_id, from_day, to_day, places)
    JOIN stores s ON s.store_id = a.store_id
    CROSS JOIN LATERAL (
        SELECT date '1970-01-01' + a.from_day AS first, date '1970-01-01' + a.to_day AS ending
    ) AS b
    CROSS JOIN LATERAL (
        -- value_days: the sum of the worth at the end of each day
        SELECT CASE WHEN $5::text <> 'store' THEN i.product_id END AS product_id, 0 AS cost,
            sum(i.value) * (b.ending - b.first) AS value_days, sum(i.value) AS value
        FROM inventory i
        WHERE i.store_id = a.store_id
        GROUP BY 1
        UNION ALL
        SELECT NULL, -coalesce(sum(u.value) FILTER (WHERE u.type_id IN (2, 4) AND u.day < b.ending), 0),
            -sum(u.value * (least(u.day, b.ending) - b.first)::numeric), -coalesce(sum(u.value) FILTER (WHERE u.day >= b.ending), 0)
        FROM stock_daily_users u
        WHERE u.store_id = a.store_id AND u.day >= b.first AND $5::text = 'store'
        HAVING count(*) > 0
        UNION ALL
        SELECT p.product_id, -coalesce(sum(p.value) FILTER (WHERE p.type_id IN (2, 4) AND p.day < b.ending), 0),
            -sum(p.value * (least(p.day, b.ending) - b.first)::numeric), -coalesce(sum(p.value) FILTER (WHERE p.day >= b.ending), 0)
        FROM stock_daily p
        WHERE p.store_id = a.store_id AND p.day >= b.first AND $5::text <> 'store'
        GROUP BY p.product_id
    ) AS d
    WHERE a.to_day > a.from_day
), summed AS (
    -- before anything is named: what is grouped by text shall be few rows
    SELECT CASE WHEN $5::text = 'store' THEN d.code END AS code, CASE WHEN $5::text = 'store' THEN d.name END AS store_name,
        d.product_id, d.currency, d.places, d.days, sum(d.cost) AS cost, sum(d.value_days) AS value_days, sum(d.value) AS value
    FROM worth d
    GROUP BY 1, 2, 3, 4, 5, 6
), grouped AS (
    SELECT k.key COLLATE "C" AS key, k.name, k.category, k.unit, d.currency, d.places, sum(d.cost) AS cost,
        sum(d.value_days / d.days) AS average, sum(d.value) AS value, sum(d.cost / d.days) AS cost_a_day
    FROM summed d
    LEFT JOIN products p ON p.product_id = d.product_id
    CROSS JOIN LATERAL (
        SELECT CASE $5::text WHEN 'store' THEN d.code WHEN 'product' THEN p.sku WHEN 'category' THEN p.category END AS key,
            CASE $5::text WHEN 'store' THEN d.store_name WHEN 'product' THEN p.name END AS name,
            CASE $5::text WHEN 'product' THEN p.category END AS category,
            CASE $5::text WHEN 'product' THEN p.unit END AS unit
    ) AS k
    GROUP BY 1, 2, 3, 4, 5, 6
    HAVING sum(d.value_days) <> 0 OR sum(d.cost) <> 0
), page AS (
    SELECT g.*
    FROM grouped g
    WHERE $6::text IS NULL OR ('=' || coalesce(g.key, ''), g.currency) > ($6::text, $7::text)
    ORDER BY coalesce(g.key, ''), g.currency
    LIMIT $8::bigint
), answer AS (
    SELECT false AS is_total, p.* FROM page p
    UNION ALL
    SELECT true, NULL, NULL, NULL, NULL, t.currency, t.places, sum(t.cost), sum(t.average), sum(t.value), sum(t.cost_a_day)
    FROM grouped t
    GROUP BY t.currency, t.places
)
SELECT r.is_total, '=' || coalesce(r.key, '') AS cursor_1, r.currency AS cursor_2, r.key, r.name, r.category, r.unit, r.currency,
    round(r.cost * m.factor, r.places) AS cost, round(r.average * m.factor, r.places) AS average_value,
    round(r.value * m.factor, r.places) AS value, CASE WHEN r.average > 0 THEN round(r.cost / r.average, 2) END AS turns,
    CASE WHEN r.cost_a_day > 0 AND r.value >= 0 THEN round(r.value / r.cost_a_day, 1) END AS days_of_cover
FROM answer r
CROSS JOIN LATERAL (
    SELECT CASE r.places WHEN 0 THEN 0.001 WHEN 2 THEN 0.00001 WHEN 3 THEN 0.000001 END AS factor
) AS m
ORDER BY r.is_total, coalesce(r.key, ''), r.currency
