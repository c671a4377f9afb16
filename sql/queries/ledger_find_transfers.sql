-- Where some transfers go and what they carry; number counts the pairs from 1, pairs that name none are left out.
-- $1 store_ids integer[]: the sources
-- $2 seqs bigint[]
-- columns: number, sku, to_code
SELECT k.number, p.sku, s.code AS to_code
FROM unnest($1::integer[], $2::bigint[]) WITH ORDINALITY AS k (store_id, seq, number)
JOIN transfers t ON t.store_id = k.store_id AND t.seq = k.seq
JOIN products p ON p.product_id = t.product_id
JOIN stores s ON s.store_id = t.to_store_id
