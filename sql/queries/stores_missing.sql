-- Which of some codes name no store (one that waits for approval is none yet), in their order.
-- $1 codes text[]
-- columns: code
SELECT c.code
FROM unnest($1::text[]) WITH ORDINALITY AS c (code, number)
WHERE NOT EXISTS (SELECT FROM stores s WHERE s.code = c.code AND s.pending_since IS NULL)
ORDER BY c.number
