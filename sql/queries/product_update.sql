-- Change a product.
-- $1 product_id integer
-- $2 name text: NULL: keep
-- $3 sets_category boolean
-- $4 category text: NULL: none
-- $5 sets_price boolean
-- $6 price_milli bigint: NULL: none
-- $7 unit text: NULL: keep
UPDATE products
SET name = coalesce($2::text, name),
    category = CASE WHEN $3::boolean THEN $4::text ELSE category END,
    price_milli = CASE WHEN $5::boolean THEN $6::bigint ELSE price_milli END,
    unit = coalesce($7::text, unit),
    updated_at = now()
WHERE product_id = $1::integer
