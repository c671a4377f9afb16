-- Change a store; NULL keeps what is there. One that waits for approval is none yet.
-- $1 store text
-- $2 name text
-- $3 timezone text
-- columns: store_id
UPDATE stores
SET name = coalesce($2::text, name), timezone = coalesce($3::text, timezone)
WHERE code = $1::text AND pending_since IS NULL
RETURNING store_id
