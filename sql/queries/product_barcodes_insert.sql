-- Barcodes of a product.
-- $1 product_id integer
-- $2 barcodes text[]
INSERT INTO product_barcodes (barcode, product_id)
SELECT c.barcode, $1::integer
FROM unnest($2::text[]) AS c (barcode)
