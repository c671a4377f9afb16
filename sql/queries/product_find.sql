-- The product that a code, SKU or barcode, names.
-- $1 code text
-- columns: product_id, sku, unit, retired
SELECT p.product_id, p.sku, p.unit, p.retired_at IS NOT NULL AS retired FROM products p WHERE p.sku = $1::text
UNION ALL
SELECT p.product_id, p.sku, p.unit, p.retired_at IS NOT NULL
FROM product_barcodes b
JOIN products p ON p.product_id = b.product_id
WHERE b.barcode = $1::text
LIMIT 1
