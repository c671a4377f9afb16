-- A page of the catalogue by SKU.
-- $1 after_sku text: NULL: from the first
-- $2 limit bigint
-- $3 patterns text[]: for ILIKE, each must fit SKU or name; NULL: any
-- $4 category text: NULL: any
-- columns: sku, name, category, unit, price_milli, barcodes, retired, created_at, updated_at
SELECT p.sku, p.name, p.category, p.unit, p.price_milli,
    coalesce((
        SELECT string_agg(b.barcode, E'\n' ORDER BY b.barcode)
        FROM product_barcodes b
        WHERE b.product_id = p.product_id), '') AS barcodes,
    p.retired_at IS NOT NULL AS retired,
    (extract(epoch FROM p.created_at) * 1000000)::bigint AS created_at,
    (extract(epoch FROM p.updated_at) * 1000000)::bigint AS updated_at
FROM products p
WHERE ($1::text IS NULL OR p.sku > $1::text)
    AND ($3::text[] IS NULL OR NOT EXISTS (
        SELECT FROM unnest($3::text[]) AS w (pattern)
        WHERE NOT (p.sku ILIKE w.pattern OR p.name ILIKE w.pattern)))
    AND ($4::text IS NULL OR p.category = $4::text)
ORDER BY p.sku
LIMIT $2::bigint
