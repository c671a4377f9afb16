-- The movements of a store that came after one, the oldest first: what those who watch the store have not seen.
-- $1 store text
-- $2 after_seq bigint
-- $3 limit bigint
-- columns: store, currency, seq, sku, name, type_id, quantity, balance, reason_id, note, ref,
--     user_name, price, cost, reverses, occurred_at, recorded_at, occurred_local, recorded_local
SELECT s.code AS store, s.currency, m.seq, p.sku, p.name, m.type_id, m.quantity, m.balance, m.reason_id, m.note,
    CASE WHEN m.batch_id IS NULL THEN m.ref ELSE (
        SELECT b.batch_key || ':' || m.batch_line
        FROM ledger_batches b
        WHERE b.store_id = m.store_id AND b.batch_id = m.batch_id) END AS ref,
    (SELECT u.name FROM users u WHERE u.user_id = m.user_id) AS user_name, m.price, m.cost, m.reverses,
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
WHERE s.code = $1::text
ORDER BY m.seq
