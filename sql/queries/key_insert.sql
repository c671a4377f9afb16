-- A public key for a user. One that was removed before is revived; no row comes back when the user has it already.
-- $1 user_id integer
-- $2 type text
-- $3 blob bytea
-- $4 fingerprint text
-- $5 comment text
-- columns: key_id
INSERT INTO user_keys (user_id, type, blob, fingerprint, comment)
VALUES ($1::integer, $2::text, $3::bytea, $4::text, $5::text)
ON CONFLICT (user_id, blob) DO UPDATE SET removed_at = NULL, comment = excluded.comment
    WHERE user_keys.removed_at IS NOT NULL
RETURNING key_id
