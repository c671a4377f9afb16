-- A page of the catalogue by SKU. A search looks at the next rows in order first: words that fit many products fill the page
-- there, where their index would name them all.
-- $1 after_sku text: NULL: from the first
-- $2 limit bigint
-- $3 search text: a tsquery, each word of which must begin a word of SKU or name; NULL: any
-- $4 category text: NULL: any
-- $5 retired boolean: those that are retired, or those that are not
-- columns: sku, name, category, unit, price_milli, barcodes, retired, created_at, updated_at
WITH near AS MATERIALIZED (
    SELECT n.product_id, n.sku
    FROM (
        SELECT p.product_id, p.sku, p.words
        FROM products p
        WHERE $3::text IS NOT NULL AND $4::text IS NULL AND p.sku > coalesce($1::text, '')
            AND (p.retired_at IS NOT NULL) = $5::boolean
        ORDER BY p.sku
        LIMIT 10 * $2::bigint
    ) AS n
    WHERE n.words @@ lower($3::text)::tsquery
    ORDER BY n.sku
    LIMIT $2::bigint
),
found AS (
    SELECT n.product_id, n.sku
    FROM near n
    WHERE (SELECT count(*) FROM near) = $2::bigint
    UNION ALL
    (SELECT p.product_id, p.sku
        FROM products p
        WHERE (SELECT count(*) FROM near) < $2::bigint AND p.sku > coalesce($1::text, '')
            AND ($3::text IS NULL OR p.words @@ lower($3::text)::tsquery)
            AND ($4::text IS NULL OR p.category = $4::text)
            AND (p.retired_at IS NOT NULL) = $5::boolean
        ORDER BY p.sku
        LIMIT $2::bigint)
)
SELECT p.sku, p.name, p.category, p.unit, p.price_milli,
    coalesce((
        SELECT string_agg(b.barcode, E'\n' ORDER BY b.barcode)
        FROM product_barcodes b
        WHERE b.product_id = p.product_id), '') AS barcodes,
    p.retired_at IS NOT NULL AS retired,
    (extract(epoch FROM p.created_at) * 1000000)::bigint AS created_at,
    (extract(epoch FROM p.updated_at) * 1000000)::bigint AS updated_at
FROM found f
JOIN products p ON p.product_id = f.product_id
ORDER BY f.sku
LIMIT $2::bigint
