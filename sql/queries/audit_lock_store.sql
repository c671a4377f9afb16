-- Hold a store's row, as audit_lock_user does a user's.
-- $1 store text
SELECT FROM stores WHERE code = $1::text FOR NO KEY UPDATE
