-- The keys that open a user's account.
-- $1 user_id integer
-- $2 key_id integer: only this one; NULL: all
-- columns: id, type, fingerprint, comment, created_at, user_name
SELECT k.key_id AS id, k.type, k.fingerprint, k.comment,
    (extract(epoch FROM k.created_at) * 1000000)::bigint AS created_at, u.name AS user_name
FROM user_keys k
JOIN users u ON u.user_id = k.user_id
WHERE k.user_id = $1::integer AND k.removed_at IS NULL AND ($2::integer IS NULL OR k.key_id = $2::integer)
ORDER BY k.key_id
