-- The head of a store's ledger, and what it must be: the number and the hash of the last movement.
-- $1 store_id integer
-- columns: last_seq, last_hash, max_seq, max_hash
SELECT l.last_seq, l.last_hash, m.seq AS max_seq, m.hash AS max_hash
FROM store_ledger l
LEFT JOIN LATERAL (
    SELECT m.seq, m.hash
    FROM stock_movements m
    WHERE m.store_id = l.store_id
    ORDER BY m.seq DESC
    LIMIT 1
) AS m ON true
WHERE l.store_id = $1::integer
