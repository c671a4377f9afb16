-- Balances of products that a store had no row for.
-- $1 store_ids integer[]
-- $2 product_ids integer[]
-- $3 quantities bigint[]: thousandths
-- $4 worths bigint[]
-- $5 updated_at bigint: microseconds since 1970
INSERT INTO inventory (store_id, product_id, quantity, value, updated_at)
SELECT n.store_id, n.product_id, n.quantity, n.worth, timestamptz 'epoch' + $5::bigint * interval '1 microsecond'
FROM unnest($1::integer[], $2::integer[], $3::bigint[], $4::bigint[])
    AS n (store_id, product_id, quantity, worth)
