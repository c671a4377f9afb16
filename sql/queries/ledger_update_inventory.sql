-- Set the balances of products that a store has a row for.
-- $1 store_ids integer[]
-- $2 product_ids integer[]
-- $3 quantities bigint[]: thousandths
-- $4 worths bigint[]
-- $5 updated_at bigint: microseconds since 1970
UPDATE inventory i
SET quantity = n.quantity, value = n.worth, updated_at = timestamptz 'epoch' + $5::bigint * interval '1 microsecond'
FROM unnest($1::integer[], $2::integer[], $3::bigint[], $4::bigint[])
    AS n (store_id, product_id, quantity, worth)
WHERE i.store_id = n.store_id AND i.product_id = n.product_id
