-- The balances of products before a movement, for a verification that begins there.
-- $1 store_id integer
-- $2 product_ids integer[]
-- $3 before_seq bigint
-- columns: product_id, balance
SELECT n.product_id, m.balance
FROM unnest($2::integer[]) AS n (product_id)
CROSS JOIN LATERAL (
    SELECT m.balance
    FROM stock_movements m
    WHERE m.store_id = $1::integer AND m.product_id = n.product_id AND m.seq < $3::bigint
    ORDER BY m.seq DESC
    LIMIT 1
) AS m
