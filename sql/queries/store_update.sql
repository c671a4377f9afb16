-- Change a store; NULL keeps what is there.
-- $1 store_id integer
-- $2 name text
-- $3 timezone text
-- $4 currency text
-- $5 opens boolean: open it again
UPDATE stores
SET name = coalesce($2::text, name), timezone = coalesce($3::text, timezone), currency = coalesce($4::text, currency),
    closed_at = CASE WHEN NOT $5::boolean THEN closed_at END
WHERE store_id = $1::integer
