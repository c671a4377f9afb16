-- When a store shall order more of a product, and how much. Under the lock of the store's ledger, under which postings insert
-- such rows too.
-- $1 store_id integer
-- $2 product_id integer
-- $3 point bigint: NULL: never
-- $4 sets_quantity boolean
-- $5 quantity bigint: NULL: not told
INSERT INTO inventory AS i (store_id, product_id, reorder_point, reorder_quantity, updated_at)
VALUES ($1::integer, $2::integer, $3::bigint, $5::bigint, now())
ON CONFLICT (store_id, product_id) DO UPDATE
SET reorder_point = excluded.reorder_point,
    reorder_quantity = CASE WHEN $4::boolean THEN excluded.reorder_quantity ELSE i.reorder_quantity END
