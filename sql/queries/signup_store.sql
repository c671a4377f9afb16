-- A store that somebody signs up with; its ledger is opened by store_open_ledger.
-- $1 store text
-- $2 name text
-- $3 timezone text
-- $4 currency text
-- $5 pending boolean: waits for approval
-- columns: store_id
INSERT INTO stores (code, name, timezone, currency, pending_since)
VALUES ($1::text, $2::text, $3::text, $4::text, CASE WHEN $5::boolean THEN now() END)
RETURNING store_id
