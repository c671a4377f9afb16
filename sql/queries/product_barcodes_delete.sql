-- Take all barcodes from a product.
-- $1 product_id integer
DELETE FROM product_barcodes WHERE product_id = $1::integer
