-- Take barcodes from a product.
-- $1 product_id integer
-- $2 barcodes text[]: NULL: all that it has
-- columns: barcode
DELETE FROM product_barcodes
WHERE product_id = $1::integer AND ($2::text[] IS NULL OR barcode = ANY ($2::text[]))
RETURNING barcode
