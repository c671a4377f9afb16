-- Rows of an import whose products would have too many barcodes.
-- $1 import_id bigint
-- $2 most bigint
-- $3 limit bigint
-- columns: line, name, message, total
SELECT i.line, 'barcodes' AS name, i.sku || ' would have too many barcodes' AS message, count(*) OVER () AS total
FROM import_products i
JOIN products p ON p.sku = i.sku
WHERE i.import_id = $1::bigint AND i.barcodes IS NOT NULL
    AND (SELECT count(*) FROM product_barcodes b WHERE b.product_id = p.product_id) > $2::bigint
ORDER BY i.line
LIMIT $3::bigint
