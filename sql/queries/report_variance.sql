-- What a stocktake of some stores found: stores by code, products by SKU, and the totals of each currency. Of a product that was
-- counted more than once the last count stands, against what the books would have said then without the stocktake. A count that
-- was taken back was none.
-- $1 store_ids integer[]: one of each, as in the next
-- $2 places integer[]: the decimals of its currency
-- $3 stocktake text
-- $4 after_1 text: the page begins after this store's…
-- $5 after_2 text: …product; both NULL: at the beginning
-- $6 limit bigint
-- columns: is_total, cursor_1, cursor_2, store, sku, name, category, unit, counted, expected, variance, currency, value, counts
WITH counted AS (
    SELECT s.code, s.currency, a.places, d.*
    FROM unnest($1::integer[], $2::integer[]) AS a (store_id, places)
    JOIN stores s ON s.store_id = a.store_id
    CROSS JOIN LATERAL (
        SELECT m.product_id, (array_agg(m.balance ORDER BY m.seq DESC))[1] AS counted, sum(m.quantity) AS variance,
            sum(m.value) AS value, count(*) AS counts
        FROM stock_movements m
        WHERE m.store_id = a.store_id AND m.stocktake = $3::text AND NOT EXISTS (
            SELECT FROM stock_movements b WHERE b.store_id = m.store_id AND b.reverses = m.seq)
        GROUP BY m.product_id
    ) AS d
), page AS (
    SELECT c.code, p.sku, p.name, p.category, p.unit, c.currency, c.places, c.counted, c.variance, c.value, c.counts
    FROM counted c
    JOIN products p ON p.product_id = c.product_id
    WHERE $4::text IS NULL OR (c.code, p.sku) > ($4::text, $5::text)
    ORDER BY c.code, p.sku
    LIMIT $6::bigint
), answer AS (
    SELECT false AS is_total, p.* FROM page p
    UNION ALL
    SELECT true, NULL, NULL, NULL, NULL, NULL, t.currency, t.places, NULL, NULL, sum(t.value), sum(t.counts)
    FROM counted t
    GROUP BY t.currency, t.places
)
SELECT r.is_total, r.code AS cursor_1, r.sku AS cursor_2, r.code AS store, r.sku, r.name, r.category, r.unit,
    trim_scale(r.counted * 0.001) AS counted, trim_scale((r.counted - r.variance) * 0.001) AS expected,
    trim_scale(r.variance * 0.001) AS variance, r.currency,
    round(r.value * CASE r.places WHEN 0 THEN 0.001 WHEN 2 THEN 0.00001 WHEN 3 THEN 0.000001 END, r.places) AS value, r.counts
FROM answer r
ORDER BY r.is_total, r.code, r.sku
