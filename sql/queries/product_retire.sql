-- Retire a product, or take that back.
-- $1 product_id integer
-- $2 retires boolean
UPDATE products
SET retired_at = CASE WHEN $2::boolean THEN coalesce(retired_at, now()) END, updated_at = now()
WHERE product_id = $1::integer
