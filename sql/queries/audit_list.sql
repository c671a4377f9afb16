-- A page of the audit trail, the newest first. changes: what differs, for people. Plan it by its values (plan_by_values.sql):
-- each filter has an index.
-- $1 before_id bigint: the page begins before this event; NULL: at the newest
-- $2 limit bigint
-- $3 user_id integer: who; NULL: anybody
-- $4 action text: NULL: any
-- $5 kind text: NULL: any
-- $6 target text: NULL: any
-- $7 outcome text: NULL: any
-- $8 source text: NULL: any
-- $9 store_id integer: NULL: any
-- $10 from timestamptz: inclusive; NULL: see $11
-- $11 from_day integer: the start of today (0) or yesterday (-1), UTC; NULL too: no bound
-- $12 to timestamptz: exclusive; NULL: see $13
-- $13 to_day integer: as $11
-- columns: audit_id, recorded_at, user_name, method, fingerprint, source, session, action, outcome, kind, target, store, times,
--     before, after, changes
SELECT e.audit_id, (extract(epoch FROM e.recorded_at) * 1000000)::bigint AS recorded_at,
    (SELECT u.name FROM users u WHERE u.user_id = e.user_id) AS user_name, e.method,
    (SELECT k.fingerprint FROM user_keys k WHERE k.key_id = e.key_id) AS fingerprint, e.source, e.session, e.action,
    e.outcome, e.kind, e.target, (SELECT s.code FROM stores s WHERE s.store_id = e.store_id) AS store, e.times,
    e.before, e.after, (
        SELECT string_agg(c.name
                || CASE WHEN e.before IS NULL THEN ' ' ELSE ' ' || coalesce(nullif(c.was, ''), '-') || ' -> ' END
                || coalesce(nullif(c.is_now, ''), '-'), ', ' ORDER BY c.name)
        FROM (
            SELECT coalesce(b.key, a.key) AS name,
                CASE jsonb_typeof(b.value)
                    WHEN 'array' THEN (SELECT string_agg(v, ' ') FROM jsonb_array_elements_text(b.value) AS v)
                    WHEN 'object' THEN (SELECT string_agg(p.key || '=' || p.value, ' ') FROM jsonb_each_text(b.value) AS p)
                    ELSE b.value #>> '{}' END AS was,
                CASE jsonb_typeof(a.value)
                    WHEN 'array' THEN (SELECT string_agg(v, ' ') FROM jsonb_array_elements_text(a.value) AS v)
                    WHEN 'object' THEN (SELECT string_agg(p.key || '=' || p.value, ' ') FROM jsonb_each_text(a.value) AS p)
                    ELSE a.value #>> '{}' END AS is_now
            FROM jsonb_each(coalesce(e.before, '{}')) AS b
            FULL JOIN jsonb_each(coalesce(e.after, '{}')) AS a ON a.key = b.key
            WHERE a.value IS DISTINCT FROM b.value
                AND NOT (e.before IS NULL AND a.value IN ('null', 'false', '[]', '{}', '0'))
        ) AS c
    ) AS changes
FROM audit_events e
WHERE ($1::bigint IS NULL OR e.audit_id < $1::bigint)
    AND ($3::integer IS NULL OR e.user_id = $3::integer)
    AND ($4::text IS NULL OR e.action = $4::text)
    AND ($5::text IS NULL OR e.kind = $5::text)
    AND ($6::text IS NULL OR e.target = $6::text)
    AND ($7::text IS NULL OR e.outcome = $7::text)
    AND ($8::text IS NULL OR e.source = $8::text)
    AND ($9::integer IS NULL OR e.store_id = $9::integer)
    AND ($10::timestamptz IS NULL OR e.recorded_at >= $10::timestamptz)
    AND ($11::integer IS NULL OR e.recorded_at
        >= (date_trunc('day', now() AT TIME ZONE 'UTC') + $11::integer * interval '1 day') AT TIME ZONE 'UTC')
    AND ($12::timestamptz IS NULL OR e.recorded_at < $12::timestamptz)
    AND ($13::integer IS NULL OR e.recorded_at
        < (date_trunc('day', now() AT TIME ZONE 'UTC') + $13::integer * interval '1 day') AT TIME ZONE 'UTC')
ORDER BY e.audit_id DESC
LIMIT $2::bigint
