-- Transfers that were sent, received or taken back.
-- $1 store_ids integer[]: the sources
-- $2 seqs bigint[]
-- $3 product_ids integer[]
-- $4 to_store_ids integer[]
-- $5 quantities bigint[]: thousandths
-- $6 received bigint[]
-- $7 lost bigint[]
-- $8 returned bigint[]
-- $9 worths bigint[]: of what is still on its way
-- $10 sent_at bigint: microseconds since 1970, of new ones
INSERT INTO transfers (store_id, seq, product_id, to_store_id, quantity, received, lost, returned, value, sent_at)
SELECT n.store_id, n.seq, n.product_id, n.to_store_id, n.quantity, n.received, n.lost, n.returned, n.worth,
    timestamptz 'epoch' + $10::bigint * interval '1 microsecond'
FROM unnest($1::integer[], $2::bigint[], $3::integer[], $4::integer[], $5::bigint[], $6::bigint[], $7::bigint[],
    $8::bigint[], $9::bigint[])
    AS n (store_id, seq, product_id, to_store_id, quantity, received, lost, returned, worth)
ON CONFLICT (store_id, seq) DO UPDATE
SET received = excluded.received, lost = excluded.lost, returned = excluded.returned, value = excluded.value
