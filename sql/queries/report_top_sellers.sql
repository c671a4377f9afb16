-- The products that some stores sold most of in a period, ranked within each currency.
-- $1 store_ids integer[]: one of each, as in the next three
-- $2 from_days integer[]: since 1970, the store's first day
-- $3 to_days integer[]: the day after its last
-- $4 places integer[]: the decimals of its currency
-- $5 measure text: revenue or quantity
-- $6 after_1 text: the page begins after the row with this cursor_1…
-- $7 after_2 text: …and cursor_2; both NULL: at the beginning
-- $8 limit bigint
-- columns: is_total, cursor_1, cursor_2, rank, sku, name, category, unit, currency, quantity, revenue, cost, margin
WITH sold AS (
    SELECT d.product_id, s.currency, a.places, sum(d.sold) AS sold, sum(d.amount) AS amount, sum(d.cost) AS cost
    FROM unnest($1::integer[], $2::integer[], $3::integer[], $4::integer[]) AS a (store_id, from_day, to_day, places)
    JOIN stores s ON s.store_id = a.store_id
    CROSS JOIN LATERAL (
        SELECT p.product_id, -sum(p.quantity) AS sold, sum(p.amount) AS amount, -sum(p.value) AS cost
        FROM stock_daily p
        WHERE p.store_id = a.store_id AND p.day >= date '1970-01-01' + a.from_day AND p.day < date '1970-01-01' + a.to_day
            AND p.type_id IN (2, 4)
        GROUP BY p.product_id
    ) AS d
    GROUP BY d.product_id, s.currency, a.places
    HAVING sum(d.sold) > 0
), ranked AS (
    SELECT to_char(row_number() OVER (PARTITION BY d.currency
            ORDER BY CASE $5::text WHEN 'quantity' THEN d.sold ELSE d.amount END DESC, p.sku), 'FM0000000000') AS rank,
        p.sku, p.name, p.category, p.unit, d.*, CASE d.places WHEN 0 THEN 0.001 WHEN 2 THEN 0.00001 WHEN 3 THEN 0.000001 END AS factor
    FROM sold d
    JOIN products p ON p.product_id = d.product_id
)
SELECT false AS is_total, r.rank AS cursor_1, r.currency AS cursor_2, ltrim(r.rank, '0') AS rank, r.sku, r.name, r.category, r.unit,
    r.currency, trim_scale(r.sold * 0.001) AS quantity, round(r.amount * r.factor, r.places) AS revenue,
    round(r.cost * r.factor, r.places) AS cost, round(r.amount * r.factor, r.places) - round(r.cost * r.factor, r.places) AS margin
FROM ranked r
WHERE $6::text IS NULL OR (r.rank COLLATE "C", r.currency COLLATE "C") > ($6::text, $7::text)
ORDER BY r.rank COLLATE "C", r.currency COLLATE "C"
LIMIT $8::bigint
