-- inventory_list as it was: the balance that the last movement of each product left that was recorded until then. Where in the
-- ledger that is, is searched by halves: recorded_at grows with seq. Reorder points and prices are today's.
-- $1 codes text[]: the stores; NULL: all
-- $2 after_store text: the page begins after this store's…
-- $3 after_sku text: …product; both NULL: at the beginning
-- $4 limit bigint
-- $5 search text: a tsquery, each word of which must begin a word of SKU or name; NULL: any
-- $6 low boolean: only what is at or below its reorder point
-- $7 category text: NULL: any
-- $8 as_of timestamptz: NULL: see $9
-- $9 as_of_day integer: the start of today (0) or yesterday (-1) in the store's time zone
-- $10 product_id integer: NULL: any
-- $11 store_id integer: the one store that is meant: how much it has decides how it is read; NULL: all of $1
-- columns: store, currency, sku, name, category, unit, quantity, reorder_point, low, price_milli, updated_at, updated_local
SELECT s.code AS store, s.currency, r.sku, r.name, r.category, r.unit, r.quantity, r.reorder_point,
    r.quantity <= r.reorder_point AND r.reorder_point IS NOT NULL AS low,
    coalesce((SELECT o.price_milli FROM store_prices o WHERE o.store_id = s.store_id AND o.product_id = r.product_id),
        r.price_milli) AS price_milli,
    (extract(epoch FROM r.updated_at) * 1000000)::bigint AS updated_at,
    to_char(r.updated_at AT TIME ZONE s.timezone, 'YYYY-MM-DD HH24:MI:SS') AS updated_local
FROM stores s
CROSS JOIN LATERAL (
    SELECT
        coalesce($8::timestamptz, (date_trunc('day', now() AT TIME ZONE s.timezone)
            + $9::integer * interval '1 day') AT TIME ZONE s.timezone) AS time
) AS a
CROSS JOIN LATERAL (
    SELECT coalesce(max(first.low), 1) AS seq -- the first that came later
    FROM (
        WITH RECURSIVE halves (low, high) AS (
            SELECT 1::bigint, l.last_seq + 1
            FROM store_ledger l
            WHERE l.store_id = s.store_id
            UNION ALL
            SELECT CASE WHEN m.recorded_at <= a.time THEN h.middle + 1 ELSE h.low END,
                CASE WHEN m.recorded_at <= a.time THEN h.high ELSE h.middle END
            FROM (SELECT low, high, (low + high) / 2 AS middle FROM halves WHERE low < high) AS h
            LEFT JOIN stock_movements m ON m.store_id = s.store_id AND m.seq = h.middle
        )
        SELECT low FROM halves WHERE low = high
    ) AS first
) AS later
CROSS JOIN LATERAL (
    SELECT p.sku, p.name, p.category, p.unit, p.price_milli, p.product_id, last.balance AS quantity, i.reorder_point,
        last.recorded_at AS updated_at
    FROM inventory i
    JOIN products p ON p.product_id = i.product_id
    CROSS JOIN LATERAL (
        SELECT m.balance, m.recorded_at
        FROM stock_movements m
        WHERE m.store_id = i.store_id AND m.product_id = i.product_id AND m.seq < later.seq
        ORDER BY m.seq DESC
        LIMIT 1
    ) AS last
    WHERE i.store_id = coalesce($11::integer, s.store_id)
        AND p.sku > CASE WHEN s.code = $2::text THEN $3::text ELSE '' END
        AND ($5::text IS NULL OR p.words @@ lower($5::text)::tsquery)
        AND ($6::boolean IS NOT TRUE OR (i.reorder_point IS NOT NULL AND last.balance <= i.reorder_point
            AND p.retired_at IS NULL))
        AND ($7::text IS NULL OR p.category = $7::text)
        AND ($10::integer IS NULL OR i.product_id = $10::integer)
    ORDER BY p.sku
    LIMIT $4::bigint
) AS r
WHERE ($11::integer IS NULL OR s.store_id = $11::integer)
    AND ($1::text[] IS NULL OR s.code = ANY ($1::text[])) AND ($2::text IS NULL OR s.code >= $2::text)
ORDER BY s.code, r.sku
LIMIT $4::bigint
