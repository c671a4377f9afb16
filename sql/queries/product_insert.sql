-- A new product; its barcodes follow.
-- $1 sku text
-- $2 name text
-- $3 category text
-- $4 unit text
-- $5 price_milli bigint
-- columns: product_id
INSERT INTO products (sku, name, category, unit, price_milli)
VALUES ($1::text, $2::text, $3::text, $4::text, $5::bigint)
RETURNING product_id
