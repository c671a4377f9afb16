-- Add the barcodes of an import that its products have not yet.
-- $1 import_id bigint
INSERT INTO product_barcodes (barcode, product_id)
SELECT b.barcode, p.product_id
FROM import_products i
CROSS JOIN LATERAL unnest(string_to_array(i.barcodes, E'\n')) AS b (barcode)
JOIN products p ON p.sku = i.sku
WHERE i.import_id = $1::bigint
ON CONFLICT (barcode) DO NOTHING
