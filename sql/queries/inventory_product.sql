-- inventory_list of one product: a store that never had it shows 0.
-- $1 codes text[]: the stores; NULL: all
-- $2 after_store text: the page begins after this store's…
-- $3 after_sku text: …product; both NULL: at the beginning
-- $4 limit bigint
-- $5 search text: a tsquery, each word of which must begin a word of SKU or name; NULL: any
-- $6 low boolean: only what is at or below its reorder point
-- $7 category text: NULL: any
-- $8 from timestamptz: when the balance last changed, inclusive; NULL: see $9
-- $9 from_day integer: the start of today (0) or yesterday (-1) in the store's time zone; NULL too: no bound
-- $10 to timestamptz: exclusive; NULL: see $11
-- $11 to_day integer: as $9
-- $12 product_id integer
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
            + $9::integer * interval '1 day') AT TIME ZONE s.timezone) AS lower,
        coalesce($10::timestamptz, (date_trunc('day', now() AT TIME ZONE s.timezone)
            + $11::integer * interval '1 day') AT TIME ZONE s.timezone) AS upper
) AS a
CROSS JOIN LATERAL (
    SELECT p.sku, p.name, p.category, p.unit, p.price_milli, p.product_id, coalesce(i.quantity, 0) AS quantity,
        i.reorder_point, i.updated_at
    FROM products p
    LEFT JOIN inventory i ON i.store_id = s.store_id AND i.product_id = p.product_id
    WHERE p.product_id = $12::integer
        AND p.sku > CASE WHEN s.code = $2::text THEN $3::text ELSE '' END
        AND ($5::text IS NULL OR p.words @@ lower($5::text)::tsquery)
        AND ($6::boolean IS NOT TRUE OR (i.reorder_point IS NOT NULL AND i.quantity <= i.reorder_point AND p.retired_at IS NULL))
        AND ($7::text IS NULL OR p.category = $7::text)
        AND (a.lower IS NULL OR i.updated_at >= a.lower)
        AND (a.upper IS NULL OR i.updated_at < a.upper)
) AS r
WHERE ($1::text[] IS NULL OR s.code = ANY ($1::text[])) AND ($2::text IS NULL OR s.code >= $2::text)
ORDER BY s.code, r.sku
LIMIT $4::bigint
