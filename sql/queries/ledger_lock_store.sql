-- Lock the ledger of one store and read its head: the form that a distributed database routes to one node.
-- $1 store_id integer
-- columns: store_id, last_seq, last_hash
SELECT store_id, last_seq, last_hash
FROM store_ledger
WHERE store_id = $1::integer
FOR UPDATE
