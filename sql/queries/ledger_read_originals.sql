-- The movements that some requests want to take back; number counts the pairs from 1, pairs that name none are left out.
-- $1 store_ids integer[]
-- $2 seqs bigint[]
-- columns: number, sku, quantity, type_id, reason_id, price, cost, worth, is_reversal, transfer_code, transfer_seq
SELECT k.number, p.sku, m.quantity, m.type_id, m.reason_id, coalesce(m.price, -1) AS price,
    coalesce(m.cost, -1) AS cost, m.value AS worth, m.reverses IS NOT NULL AS is_reversal,
    (SELECT s.code FROM stores s WHERE s.store_id = m.transfer_store_id) AS transfer_code, m.transfer_seq
FROM unnest($1::integer[], $2::bigint[]) WITH ORDINALITY AS k (store_id, seq, number)
JOIN stock_movements m ON m.store_id = k.store_id AND m.seq = k.seq
JOIN products p ON p.product_id = m.product_id
