-- What is wrong with an import as a whole: codes that two rows have, codes that another product has, new products without a
-- name, other units than products have.
-- $1 import_id bigint
-- $2 limit bigint
-- columns: line, name, message, total
WITH rows AS MATERIALIZED (
    SELECT i.line, i.sku, i.name, i.unit, i.barcodes, p.product_id, p.unit AS unit_now
    FROM import_products i
    LEFT JOIN products p ON p.sku = i.sku
    WHERE i.import_id = $1::bigint
), barcodes AS MATERIALIZED (
    SELECT r.line, r.sku, r.product_id, b.barcode
    FROM rows r
    CROSS JOIN LATERAL unnest(string_to_array(r.barcodes, E'\n')) AS b (barcode)
), wrong AS (
    SELECT max(line) AS line, 'sku' AS name, sku || ' is there twice: in line ' || min(line) AS message
    FROM rows GROUP BY sku HAVING count(*) > 1
    UNION ALL
    SELECT max(line), 'barcodes', barcode || ' is there twice: in line ' || min(line)
    FROM barcodes GROUP BY barcode HAVING count(*) > 1
    UNION ALL
    SELECT b.line, 'barcodes', b.barcode || ' is the SKU of line ' || r.line
    FROM barcodes b JOIN rows r ON r.sku = b.barcode
    UNION ALL
    SELECT b.line, 'barcodes', b.barcode || ' is the SKU of a product'
    FROM barcodes b JOIN products p ON p.sku = b.barcode
    UNION ALL
    SELECT b.line, 'barcodes', b.barcode || ' is a barcode of ' || p.sku
    FROM barcodes b
    JOIN product_barcodes c ON c.barcode = b.barcode AND c.product_id IS DISTINCT FROM b.product_id
    JOIN products p ON p.product_id = c.product_id
    UNION ALL
    SELECT r.line, 'sku', r.sku || ' is a barcode of ' || p.sku
    FROM rows r
    JOIN product_barcodes c ON c.barcode = r.sku
    JOIN products p ON p.product_id = c.product_id
    UNION ALL
    SELECT line, 'name', 'a new product needs a name' FROM rows WHERE product_id IS NULL AND name IS NULL
    UNION ALL
    SELECT line, 'unit', 'the product is counted in ' || unit_now || ': only product set changes that'
    FROM rows WHERE unit <> unit_now
)
SELECT line, name, message, count(*) OVER () AS total FROM wrong ORDER BY line, name LIMIT $2::bigint
