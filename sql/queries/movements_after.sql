-- The movements of a store that came after one, the oldest first: what those who watch the store have not seen.
-- $1 store text
-- $2 after_seq bigint
-- $3 limit bigint
-- columns: store, currency, seq, sku, name, type, quantity, balance, reason, note, ref,
--     user_name, price, cost, reverses, occurred_at, recorded_at, occurred_local, recorded_local
SELECT s.code AS store, s.currency, m.seq, p.sku, p.name, t.name AS type, m.quantity, m.balance, r.name AS reason, m.note,
    coalesce(m.ref, b.batch_key || ':' || m.batch_line) AS ref, u.name AS user_name, m.price, m.cost, m.reverses,
    (extract(epoch FROM m.occurred_at) * 1000000)::bigint AS occurred_at,
    (extract(epoch FROM m.recorded_at) * 1000000)::bigint AS recorded_at,
    to_char(m.occurred_at AT TIME ZONE s.timezone, 'YYYY-MM-DD HH24:MI:SS') AS occurred_local,
    to_char(m.recorded_at AT TIME ZONE s.timezone, 'YYYY-MM-DD HH24:MI:SS') AS recorded_local
FROM stores s
CROSS JOIN LATERAL (
    SELECT m.*
    FROM stock_movements m
    WHERE m.store_id = s.store_id AND m.seq > $2::bigint
    ORDER BY m.seq
    LIMIT $3::bigint
) AS m
JOIN products p ON p.product_id = m.product_id
JOIN users u ON u.user_id = m.user_id
JOIN movement_types t ON t.type_id = m.type_id
LEFT JOIN movement_reasons r ON r.reason_id = m.reason_id
LEFT JOIN ledger_batches b ON b.store_id = m.store_id AND b.batch_id = m.batch_id
WHERE s.code = $1::text
ORDER BY m.seq
