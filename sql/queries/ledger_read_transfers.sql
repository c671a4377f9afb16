-- How far some transfers have come, under the locks of their sources; number counts the pairs from 1.
-- $1 store_ids integer[]: the sources
-- $2 seqs bigint[]
-- columns: number, product_id, to_store_id, quantity, received, lost, returned, worth
SELECT k.number, t.product_id, t.to_store_id, t.quantity, t.received, t.lost, t.returned, t.value AS worth
FROM unnest($1::integer[], $2::bigint[]) WITH ORDINALITY AS k (store_id, seq, number)
JOIN transfers t ON t.store_id = k.store_id AND t.seq = k.seq
