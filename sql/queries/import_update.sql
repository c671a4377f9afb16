-- Change the products of an import that are other than its rows say.
-- $1 import_id bigint
-- $2 sets_category boolean
-- $3 sets_price boolean
UPDATE products p
SET name = coalesce(i.name, p.name),
    category = CASE WHEN $2::boolean THEN i.category ELSE p.category END,
    price_milli = CASE WHEN $3::boolean THEN i.price_milli ELSE p.price_milli END,
    updated_at = now()
FROM import_products i
WHERE i.import_id = $1::bigint AND p.sku = i.sku
    AND (p.name <> i.name OR $2::boolean AND p.category IS DISTINCT FROM i.category
        OR $3::boolean AND p.price_milli IS DISTINCT FROM i.price_milli)
