-- All that is shown of one user; who may see it is decided before. Stores and limits are a line each; changed_at is when
-- the audit trail last saw a change.
-- $1 user_id integer
-- $2 codes text[]: only these stores are named; NULL: all
-- columns: user_name, role, stores, disabled, pending, must_change_password, has_password, keys, limits, created_at,
--     changed_at
SELECT u.name AS user_name, u.role,
    coalesce((
        SELECT string_agg(s.code, E'\n' ORDER BY s.code)
        FROM user_stores us
        JOIN stores s ON s.store_id = us.store_id
        WHERE us.user_id = u.user_id AND ($2::text[] IS NULL OR s.code = ANY ($2::text[]))), '') AS stores,
    u.disabled_at IS NOT NULL AS disabled,
    u.pending_since IS NOT NULL AS pending,
    u.must_change_password,
    u.password_hash IS NOT NULL AS has_password,
    (SELECT count(*) FROM user_keys k WHERE k.user_id = u.user_id AND k.removed_at IS NULL) AS keys,
    coalesce((
        SELECT string_agg(
            l.cost_class || '=' || CASE l.per_second WHEN 0 THEN 'none' ELSE l.per_second || '/' || l.burst END,
            E'\n' ORDER BY l.cost_class)
        FROM user_limits l
        WHERE l.user_id = u.user_id), '') AS limits,
    (extract(epoch FROM u.created_at) * 1000000)::bigint AS created_at,
    (SELECT (extract(epoch FROM a.recorded_at) * 1000000)::bigint
        FROM audit_events a
        WHERE a.kind = 'user' AND a.target = u.name AND a.outcome = 'done'
        ORDER BY a.audit_id DESC
        LIMIT 1) AS changed_at
FROM users u
WHERE u.user_id = $1::integer
