-- The same by user instead of by product.
-- $1 store_ids integer[]
-- $2 occurred_at bigint[]: microseconds since 1970; NULL: $9
-- $3 user_ids integer[]
-- $4 type_ids smallint[]
-- $5 quantities bigint[]
-- $6 amounts bigint[]
-- $7 worths bigint[]
-- $8 counts bigint[]
-- $9 recorded_at bigint
INSERT INTO stock_daily_users (store_id, day, user_id, type_id, quantity, amount, value, movements)
SELECT n.store_id,
    ((timestamptz 'epoch' + coalesce(n.occurred_at, $9::bigint) * interval '1 microsecond') AT TIME ZONE s.timezone)::date,
    n.user_id, n.type_id, sum(n.quantity), sum(n.amount), sum(n.worth), sum(n.count)
FROM unnest($1::integer[], $2::bigint[], $3::integer[], $4::smallint[], $5::bigint[], $6::bigint[], $7::bigint[],
    $8::bigint[])
    AS n (store_id, occurred_at, user_id, type_id, quantity, amount, worth, count)
JOIN stores s ON s.store_id = n.store_id
GROUP BY 1, 2, 3, 4
ON CONFLICT (store_id, day, user_id, type_id) DO UPDATE
SET quantity = stock_daily_users.quantity + excluded.quantity, amount = stock_daily_users.amount + excluded.amount,
    value = stock_daily_users.value + excluded.value, movements = stock_daily_users.movements + excluded.movements
