-- The products that some codes name, each a SKU or a barcode.
-- $1 codes text[]
-- columns: code, product_id, sku, unit, price_milli, retired
SELECT c.code, p.product_id, p.sku, p.unit, p.price_milli, p.retired_at IS NOT NULL AS retired
FROM unnest($1::text[]) AS c (code)
CROSS JOIN LATERAL (
    SELECT product_id FROM products WHERE sku = c.code
    UNION ALL
    SELECT product_id FROM product_barcodes WHERE barcode = c.code
    LIMIT 1
) AS named
JOIN products p USING (product_id)
