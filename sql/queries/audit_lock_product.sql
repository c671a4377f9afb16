-- Hold a product's row, as audit_lock_user does a user's.
-- $1 sku text
SELECT FROM products WHERE sku = $1::text FOR NO KEY UPDATE
