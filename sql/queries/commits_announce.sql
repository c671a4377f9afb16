-- Tell every server of commits. Never inside the transaction that commits them: announcing makes commits wait for one another.
-- $1 payloads text[]
-- columns: announced
SELECT pg_notify('stockroom_commits', p.payload)::text AS announced
FROM unnest($1::text[]) AS p (payload)
