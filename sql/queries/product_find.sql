-- The product that a code, SKU or barcode, names.
-- $1 code text
-- columns: product_id, sku
SELECT p.product_id, p.sku FROM products p WHERE p.sku = $1::text
UNION ALL
SELECT p.product_id, p.sku
FROM product_barcodes b
JOIN products p ON p.product_id = b.product_id
WHERE b.barcode = $1::text
LIMIT 1
