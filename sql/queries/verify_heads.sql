-- A page of the heads of stores' ledgers, by code: to be kept where the database's owner cannot reach them.
-- $1 codes text[]: NULL: all
-- $2 after_store text: NULL: from the first
-- $3 limit bigint
-- columns: store, seq, hash, recorded_at
SELECT s.code AS store, l.last_seq AS seq, encode(l.last_hash, 'hex') AS hash,
    (extract(epoch FROM m.recorded_at) * 1000000)::bigint AS recorded_at
FROM stores s
JOIN store_ledger l ON l.store_id = s.store_id
LEFT JOIN stock_movements m ON m.store_id = l.store_id AND m.seq = l.last_seq
WHERE ($1::text[] IS NULL OR s.code = ANY ($1::text[])) AND ($2::text IS NULL OR s.code > $2::text)
    AND s.pending_since IS NULL
ORDER BY s.code
LIMIT $3::bigint
