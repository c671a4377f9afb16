-- Remember how far batches have come.
-- $1 store_ids integer[]
-- $2 batch_keys text[]
-- $3 batch_ids bigint[]
-- $4 next_lines bigint[]
INSERT INTO ledger_batches (store_id, batch_key, batch_id, next_line)
SELECT n.store_id, n.batch_key, n.batch_id, n.next_line
FROM unnest($1::integer[], $2::text[], $3::bigint[], $4::bigint[]) AS n (store_id, batch_key, batch_id, next_line)
ON CONFLICT (store_id, batch_key) DO UPDATE SET next_line = excluded.next_line
