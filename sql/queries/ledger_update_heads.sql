-- Move the heads of the stores' ledgers to their last movements.
-- $1 store_ids integer[]
-- $2 last_seqs bigint[]
-- $3 last_hashes bytea[]
UPDATE store_ledger l
SET last_seq = n.last_seq, last_hash = n.last_hash
FROM unnest($1::integer[], $2::bigint[], $3::bytea[]) AS n (store_id, last_seq, last_hash)
WHERE l.store_id = n.store_id
