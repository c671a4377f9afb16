-- Codes that some product has already, as SKU or as barcode; the barcodes of one product may be left out.
-- $1 codes text[]
-- $2 except_product_id integer: its barcodes do not count; 0: all count
-- columns: code, sku, is_sku
SELECT c.code, p.sku, true AS is_sku
FROM unnest($1::text[]) WITH ORDINALITY AS c (code, number)
JOIN products p ON p.sku = c.code
UNION ALL
SELECT c.code, p.sku, false
FROM unnest($1::text[]) WITH ORDINALITY AS c (code, number)
JOIN product_barcodes b ON b.barcode = c.code AND b.product_id <> $2::integer
JOIN products p ON p.product_id = b.product_id
