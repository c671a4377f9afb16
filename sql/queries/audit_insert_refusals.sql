-- Write refused permissions into the audit trail. Arrays run in parallel, one element a refusal.
-- $1 recorded_at bigint[]: microseconds since 1970, of the first when they are several
-- $2 user_ids integer[]: NULL: nobody who is logged in
-- $3 key_ids integer[]: NULL: none
-- $4 methods text[]
-- $5 sources text[]
-- $6 sessions bigint[]
-- $7 actions text[]
-- $8 kinds text[]
-- $9 targets text[]
-- $10 times bigint[]
INSERT INTO audit_events (store_id, recorded_at, user_id, key_id, method, source, session, action, outcome, kind, target,
    times)
SELECT coalesce(s.store_id, 0), timestamptz 'epoch' + r.recorded_at * interval '1 microsecond', r.user_id, r.key_id,
    r.method, r.source, r.session, r.action, 'refused', r.kind, r.target, r.times
FROM unnest($1::bigint[], $2::integer[], $3::integer[], $4::text[], $5::text[], $6::bigint[], $7::text[], $8::text[],
    $9::text[], $10::bigint[]) WITH ORDINALITY
    AS r (recorded_at, user_id, key_id, method, source, session, action, kind, target, times, n)
LEFT JOIN stores s ON r.kind = 'store' AND s.code = r.target
ORDER BY r.n
