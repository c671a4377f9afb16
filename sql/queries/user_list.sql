-- A page of the users that a caller may see, by name: an admin sees everybody, an owner the staff of the own stores, and all
-- see themselves. Stores, a line each, are those that the caller may see.
-- $1 caller_role text
-- $2 caller_id integer
-- $3 codes text[]: the caller's stores
-- $4 after_name text: NULL: from the first
-- $5 limit bigint
-- $6 name text: only this user; NULL: all
-- $7 pending boolean: only those who wait for approval, and were not rejected
-- columns: user_id, user_name, role, stores, disabled, pending, keys, created_at, elsewhere
SELECT u.user_id, u.name AS user_name, u.role,
    coalesce((
        SELECT string_agg(s.code, E'\n' ORDER BY s.code)
        FROM user_stores us
        JOIN stores s ON s.store_id = us.store_id
        WHERE us.user_id = u.user_id AND ($1::text = 'admin' OR s.code = ANY ($3::text[]))), '') AS stores,
    u.disabled_at IS NOT NULL AS disabled,
    u.pending_since IS NOT NULL AS pending,
    (SELECT count(*) FROM user_keys k WHERE k.user_id = u.user_id AND k.removed_at IS NULL) AS keys,
    (extract(epoch FROM u.created_at) * 1000000)::bigint AS created_at,
    $1::text <> 'admin' AND EXISTS (
        SELECT
        FROM user_stores us
        JOIN stores s ON s.store_id = us.store_id
        WHERE us.user_id = u.user_id AND s.code <> ALL ($3::text[])) AS elsewhere
FROM users u
WHERE ($1::text = 'admin' OR u.user_id = $2::integer
        OR ($1::text = 'owner' AND u.role = 'staff' AND EXISTS (
            SELECT
            FROM user_stores us
            JOIN stores s ON s.store_id = us.store_id
            WHERE us.user_id = u.user_id AND s.code = ANY ($3::text[]))))
    AND ($4::text IS NULL OR u.name > $4::text)
    AND ($6::text IS NULL OR u.name = $6::text)
    AND (NOT $7::boolean OR (u.pending_since IS NOT NULL AND u.disabled_at IS NULL))
ORDER BY u.name
LIMIT $5::bigint
