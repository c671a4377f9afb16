-- The movements that some refs posted in some stores; number counts the pairs from 1, refs not yet used are left out.
-- $1 store_ids integer[]
-- $2 refs text[]
-- columns: number, seq, quantity, balance, request_hash
SELECT k.number, m.seq, m.quantity, m.balance, m.request_hash
FROM unnest($1::integer[], $2::text[]) WITH ORDINALITY AS k (store_id, ref, number)
JOIN stock_movements m ON m.store_id = k.store_id AND m.ref = k.ref AND m.ref IS NOT NULL
