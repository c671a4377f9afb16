-- The stores of a user that wait for approval.
-- $1 user_id integer
-- columns: store
SELECT s.code AS store
FROM user_stores us
JOIN stores s ON s.store_id = us.store_id
WHERE us.user_id = $1::integer AND s.pending_since IS NOT NULL
ORDER BY s.code
