-- How far some batches have come in some stores; number counts the pairs from 1, new batches are left out.
-- $1 store_ids integer[]
-- $2 batch_keys text[]
-- columns: number, batch_id, next_line
SELECT k.number, b.batch_id, b.next_line
FROM unnest($1::integer[], $2::text[]) WITH ORDINALITY AS k (store_id, batch_key, number)
JOIN ledger_batches b ON b.store_id = k.store_id AND b.batch_key = k.batch_key
