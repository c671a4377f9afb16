-- The fingerprint of one key.
-- $1 key_id integer
-- columns: fingerprint
SELECT fingerprint FROM user_keys WHERE key_id = $1::integer
