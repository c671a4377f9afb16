-- A page of a store's movements as they are stored, the oldest first, for the proof of the chain; with what must be there
-- besides: how far a line's batch has come, what a transfer sent.
-- $1 store_id integer
-- $2 after_seq bigint
-- $3 to_seq bigint
-- $4 limit bigint
-- columns: product_id, seq, quantity, balance, occurred_at, recorded_at, user_id, type_id, reason_id, key_id,
--     price, cost, reverses, batch_id, batch_line, request_hash, ref, note, hash, worth, stocktake,
--     transfer_store_id, transfer_seq, next_line, sent
SELECT m.product_id, m.seq, m.quantity, m.balance,
    (extract(epoch FROM m.occurred_at) * 1000000)::bigint AS occurred_at,
    (extract(epoch FROM m.recorded_at) * 1000000)::bigint AS recorded_at,
    m.user_id, m.type_id, m.reason_id, m.key_id, m.price, m.cost, m.reverses, m.batch_id, m.batch_line, m.request_hash,
    m.ref, m.note, m.hash, m.value AS worth, m.stocktake, m.transfer_store_id, m.transfer_seq,
    CASE WHEN m.batch_id IS NOT NULL THEN (
        SELECT b.next_line
        FROM ledger_batches b
        WHERE b.store_id = m.store_id AND b.batch_id = m.batch_id) END AS next_line,
    CASE WHEN m.type_id = 6 AND m.reverses IS NULL THEN (
        SELECT t.quantity
        FROM transfers t
        WHERE t.store_id = m.store_id AND t.seq = m.seq) END AS sent
FROM stock_movements m
WHERE m.store_id = $1::integer AND m.seq > $2::bigint AND m.seq <= $3::bigint
ORDER BY m.seq
LIMIT $4::bigint
