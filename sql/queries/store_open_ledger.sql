-- The empty ledger of a new store.
-- $1 store_id integer
INSERT INTO store_ledger (store_id) VALUES ($1::integer)
