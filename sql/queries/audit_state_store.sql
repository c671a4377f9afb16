-- What a store is, for the audit trail, with its owners.
-- $1 store text
-- columns: store_id, state
SELECT s.store_id, jsonb_build_object(
    'name', s.name,
    'timezone', s.timezone,
    'currency', s.currency,
    'owners', (
        SELECT coalesce(jsonb_agg(u.name ORDER BY u.name), '[]')
        FROM user_stores us
        JOIN users u ON u.user_id = us.user_id
        WHERE us.store_id = s.store_id AND u.role = 'owner'),
    'closed', s.closed_at IS NOT NULL,
    'pending', s.pending_since IS NOT NULL) AS state
FROM stores s
WHERE s.code = $1::text
