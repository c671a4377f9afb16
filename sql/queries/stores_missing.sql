-- Which of some codes name no store, in their order.
-- $1 codes text[]
-- columns: code
SELECT c.code
FROM unnest($1::text[]) WITH ORDINALITY AS c (code, number)
WHERE NOT EXISTS (SELECT FROM stores s WHERE s.code = c.code)
ORDER BY c.number
