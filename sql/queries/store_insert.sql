-- A new store; its ledger is opened by store_open_ledger.
-- $1 store text
-- $2 name text
-- $3 timezone text
-- $4 currency text
-- columns: store_id
INSERT INTO stores (code, name, timezone, currency)
VALUES ($1::text, $2::text, $3::text, $4::text)
RETURNING store_id
