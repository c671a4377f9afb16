-- What a product is, for the audit trail, with its barcodes.
-- $1 sku text
-- columns: store_id, state
SELECT 0 AS store_id, jsonb_build_object(
    'name', p.name,
    'category', p.category,
    'unit', p.unit,
    'price', trim_scale(p.price_milli / 1000.0),
    'barcodes', (
        SELECT coalesce(jsonb_agg(b.barcode ORDER BY b.barcode), '[]')
        FROM product_barcodes b
        WHERE b.product_id = p.product_id),
    'retired', p.retired_at IS NOT NULL) AS state
FROM products p
WHERE p.sku = $1::text
