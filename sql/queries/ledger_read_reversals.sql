-- Which of some movements were taken back; number counts the pairs from 1, those that were not are left out.
-- $1 store_ids integer[]
-- $2 seqs bigint[]
-- columns: number, reversed_by
SELECT k.number, r.seq AS reversed_by
FROM unnest($1::integer[], $2::bigint[]) WITH ORDINALITY AS k (store_id, seq, number)
JOIN stock_movements r ON r.store_id = k.store_id AND r.reverses = k.seq
