-- What a user is, for the audit trail: everything but the hash of the password, of which the epoch tells enough.
-- $1 name text
-- columns: store_id, state
SELECT 0 AS store_id, jsonb_build_object(
    'role', u.role,
    'stores', (
        SELECT coalesce(jsonb_agg(s.code ORDER BY s.code), '[]')
        FROM user_stores us
        JOIN stores s ON s.store_id = us.store_id
        WHERE us.user_id = u.user_id),
    'disabled', u.disabled_at IS NOT NULL,
    'pending', u.pending_since IS NOT NULL,
    'must_change_password', u.must_change_password,
    'password_epoch', u.password_epoch,
    'token_epoch', u.token_epoch,
    'limits', (
        SELECT coalesce(jsonb_object_agg(l.cost_class,
            CASE WHEN l.per_second = 0 THEN 'none' ELSE l.per_second || '/' || l.burst END), '{}')
        FROM user_limits l
        WHERE l.user_id = u.user_id),
    'keys', (
        SELECT coalesce(jsonb_agg(k.fingerprint ORDER BY k.fingerprint), '[]')
        FROM user_keys k
        WHERE k.user_id = u.user_id AND k.removed_at IS NULL)) AS state
FROM users u
WHERE u.name = $1::text
