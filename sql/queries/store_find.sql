-- One store and the head of its ledger; one that waits for approval is none yet.
-- $1 store text
-- columns: store_id, timezone, currency, closed, last_seq
SELECT s.store_id, s.timezone, s.currency, s.closed_at IS NOT NULL AS closed, l.last_seq
FROM stores s
JOIN store_ledger l ON l.store_id = s.store_id
WHERE s.code = $1::text AND s.pending_since IS NULL
