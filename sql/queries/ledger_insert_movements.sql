-- Post movements. Arrays run in parallel, one element a movement; an array that is NULL stands for nothing but NULLs.
-- $1 store_ids integer[]
-- $2 product_ids integer[]
-- $3 seqs bigint[]
-- $4 quantities bigint[]: thousandths, signed
-- $5 balances bigint[]
-- $6 occurred_at bigint[]: microseconds since 1970; NULL: when it was recorded
-- $7 recorded_at bigint
-- $8 user_ids integer[]
-- $9 type_ids smallint[]
-- $10 reason_ids smallint[]
-- $11 key_ids integer[]
-- $12 prices bigint[]
-- $13 costs bigint[]
-- $14 batch_ids bigint[]
-- $15 batch_lines bigint[]
-- $16 request_hashes bigint[]
-- $17 refs text[]
-- $18 notes text[]
-- $19 hashes bytea[]
-- $20 worths bigint[]: what each changed of the worth of the stock
-- $21 reverses bigint[]
-- $22 stocktakes text[]
-- $23 transfer_store_ids bigint[]
-- $24 transfer_seqs bigint[]
INSERT INTO stock_movements (store_id, product_id, seq, quantity, balance, occurred_at, recorded_at, user_id, type_id,
    reason_id, key_id, price, cost, batch_id, batch_line, request_hash, ref, note, hash, value, reverses,
    stocktake, transfer_store_id, transfer_seq)
SELECT n.store_id, n.product_id, n.seq, n.quantity, n.balance,
    timestamptz 'epoch' + coalesce(n.occurred_at, $7::bigint) * interval '1 microsecond',
    timestamptz 'epoch' + $7::bigint * interval '1 microsecond',
    n.user_id, n.type_id, n.reason_id, n.key_id, n.price, n.cost, n.batch_id, n.batch_line, n.request_hash, n.ref,
    n.note, n.hash, n.worth, n.reverses, n.stocktake, n.transfer_store_id, n.transfer_seq
FROM unnest($1::integer[], $2::integer[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $8::integer[],
    $9::smallint[], $10::smallint[], $11::integer[], $12::bigint[], $13::bigint[], $14::bigint[], $15::bigint[],
    $16::bigint[], $17::text[], $18::text[], $19::bytea[], $20::bigint[],
    $21::bigint[], $22::text[], $23::bigint[], $24::bigint[])
    AS n (store_id, product_id, seq, quantity, balance, occurred_at, user_id, type_id, reason_id, key_id, price, cost,
    batch_id, batch_line, request_hash, ref, note, hash, worth, reverses, stocktake, transfer_store_id, transfer_seq)
