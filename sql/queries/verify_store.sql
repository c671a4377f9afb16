-- The next store to be verified, by code: the head of its ledger, and how far it was verified before.
-- $1 codes text[]: NULL: all
-- $2 after_store text: NULL: the first
-- columns: store_id, store, last_seq, last_hash, verified_seq, verified_hash
SELECT s.store_id, s.code AS store, l.last_seq, l.last_hash, v.seq AS verified_seq, v.hash AS verified_hash
FROM stores s
JOIN store_ledger l ON l.store_id = s.store_id
LEFT JOIN verify_progress v ON v.store_id = s.store_id
WHERE ($1::text[] IS NULL OR s.code = ANY ($1::text[])) AND ($2::text IS NULL OR s.code > $2::text)
    AND s.pending_since IS NULL
ORDER BY s.code
LIMIT 1
