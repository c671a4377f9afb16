-- Barcodes of a product, which may have some of them.
-- $1 product_id integer
-- $2 barcodes text[]
-- columns: barcodes
WITH new AS (
    INSERT INTO product_barcodes (barcode, product_id)
    SELECT c.barcode, $1::integer
    FROM unnest($2::text[]) AS c (barcode)
    ON CONFLICT (barcode) DO NOTHING
    RETURNING barcode
)
SELECT (SELECT count(*) FROM new) + (SELECT count(*) FROM product_barcodes WHERE product_id = $1::integer) AS barcodes
