-- The first of CODE, CODE-2, CODE-3… that no store has; no row when there are too many.
-- $1 store text: CODE
-- columns: store
SELECT c.store
FROM (
    SELECT n, CASE n WHEN 1 THEN $1::text ELSE $1::text || '-' || n END AS store
    FROM generate_series(1, 9999) AS n) c
WHERE NOT EXISTS (SELECT FROM stores s WHERE s.code = c.store)
ORDER BY c.n
LIMIT 1
