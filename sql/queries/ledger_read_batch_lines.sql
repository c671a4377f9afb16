-- The movements that some lines of some batches posted; number counts the triples from 1, lines that did not post
-- are left out.
-- $1 store_ids integer[]
-- $2 batch_ids bigint[]
-- $3 batch_lines bigint[]
-- columns: number, seq, quantity, balance, request_hash
SELECT k.number, m.seq, m.quantity, m.balance, m.request_hash
FROM unnest($1::integer[], $2::bigint[], $3::bigint[]) WITH ORDINALITY AS k (store_id, batch_id, batch_line, number)
JOIN stock_movements m ON m.store_id = k.store_id AND m.batch_id = k.batch_id AND m.batch_line = k.batch_line
    AND m.batch_id IS NOT NULL
