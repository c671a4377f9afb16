-- A key opens nothing any more. Movements may name it, so its row stays.
-- $1 user_id integer: whose key it must be
-- $2 key_id integer: NULL: see $3
-- $3 fingerprint text
-- columns: id, type, fingerprint, comment, created_at, user_name
UPDATE user_keys k
SET removed_at = now()
FROM users u
WHERE u.user_id = k.user_id AND k.user_id = $1::integer AND k.removed_at IS NULL
    AND (k.key_id = $2::integer OR k.fingerprint = $3::text)
RETURNING k.key_id AS id, k.type, k.fingerprint, k.comment,
    (extract(epoch FROM k.created_at) * 1000000)::bigint AS created_at, u.name AS user_name
