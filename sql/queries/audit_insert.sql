-- Write a change into the audit trail.
-- $1 store_id integer: 0: no single store
-- $2 user_id integer: who; NULL: nobody who is logged in
-- $3 key_id integer: the key that proved who; NULL: none
-- $4 method text
-- $5 source text
-- $6 session bigint
-- $7 action text
-- $8 kind text
-- $9 target text
-- $10 before jsonb: NULL: there was nothing
-- $11 after jsonb: NULL: nothing is left
INSERT INTO audit_events (store_id, user_id, key_id, method, source, session, action, outcome, kind, target, before, after)
VALUES ($1::integer, $2::integer, $3::integer, $4::text, $5::text, $6::bigint, $7::text, 'done', $8::text, $9::text,
    $10::jsonb, $11::jsonb)
