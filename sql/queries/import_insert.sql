-- Add the products of an import that are new.
-- $1 import_id bigint
INSERT INTO products (sku, name, category, unit, price_milli)
SELECT i.sku, i.name, i.category, coalesce(i.unit, 'each'), i.price_milli
FROM import_products i
WHERE i.import_id = $1::bigint AND NOT EXISTS (SELECT FROM products p WHERE p.sku = i.sku)
