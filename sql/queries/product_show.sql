-- One product.
-- $1 product_id integer
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
WHERE p.product_id = $1::integer
