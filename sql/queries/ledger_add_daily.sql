-- Add movements to the days on which they happened, in their stores' time zones. Arrays run in parallel, one element for
-- movements that a posting has summed up; several may fall into one day.
-- $1 store_ids integer[]
-- $2 occurred_at bigint[]: microseconds since 1970; NULL: $10
-- $3 product_ids integer[]
-- $4 type_ids smallint[]
-- $5 reason_ids smallint[]: 0: none
-- $6 quantities bigint[]
-- $7 amounts bigint[]
-- $8 worths bigint[]
-- $9 counts bigint[]
-- $10 recorded_at bigint
INSERT INTO stock_daily (store_id, day, product_id, type_id, reason_id, quantity, amount, value, movements)
SELECT n.store_id,
    ((timestamptz 'epoch' + coalesce(n.occurred_at, $10::bigint) * interval '1 microsecond') AT TIME ZONE s.timezone)::date,
    n.product_id, n.type_id, n.reason_id, sum(n.quantity), sum(n.amount), sum(n.worth), sum(n.count)
FROM unnest($1::integer[], $2::bigint[], $3::integer[], $4::smallint[], $5::smallint[], $6::bigint[], $7::bigint[],
    $8::bigint[], $9::bigint[])
    AS n (store_id, occurred_at, product_id, type_id, reason_id, quantity, amount, worth, count)
JOIN stores s ON s.store_id = n.store_id
GROUP BY 1, 2, 3, 4, 5
ON CONFLICT (store_id, day, product_id, type_id, reason_id) DO UPDATE
SET quantity = stock_daily.quantity + excluded.quantity, amount = stock_daily.amount + excluded.amount,
    value = stock_daily.value + excluded.value, movements = stock_daily.movements + excluded.movements
