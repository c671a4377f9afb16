-- A page of stores by code, each with the users that own it, a line each. Who may see all sees those that wait for
-- approval too.
-- $1 codes text[]: NULL: all
-- $2 after_store text: NULL: from the first
-- $3 limit bigint
-- columns: store, name, timezone, currency, owners, closed, pending, created_at
SELECT s.code AS store, s.name, s.timezone, s.currency,
    coalesce((
        SELECT string_agg(u.name, E'\n' ORDER BY u.name)
        FROM user_stores us
        JOIN users u ON u.user_id = us.user_id
        WHERE us.store_id = s.store_id AND u.role = 'owner'), '') AS owners,
    s.closed_at IS NOT NULL AS closed,
    s.pending_since IS NOT NULL AS pending,
    (extract(epoch FROM s.created_at) * 1000000)::bigint AS created_at
FROM stores s
WHERE ($1::text[] IS NULL OR (s.code = ANY ($1::text[]) AND s.pending_since IS NULL)) AND ($2::text IS NULL OR s.code > $2::text)
ORDER BY s.code
LIMIT $3::bigint
