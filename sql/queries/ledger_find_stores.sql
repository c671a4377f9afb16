-- The stores that some codes name; one that waits for approval is none yet.
-- $1 codes text[]
-- columns: code, store_id, currency, closed
SELECT s.code, s.store_id, s.currency, s.closed_at IS NOT NULL AS closed
FROM stores s
WHERE s.code = ANY ($1::text[]) AND s.pending_since IS NULL
