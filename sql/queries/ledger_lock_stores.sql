-- Lock the ledgers of some stores, in the order of their ids, and read their heads. The first act of every posting.
-- $1 store_ids integer[]
-- columns: store_id, last_seq, last_hash
SELECT store_id, last_seq, last_hash
FROM store_ledger
WHERE store_id = ANY ($1::integer[])
ORDER BY store_id
FOR UPDATE
