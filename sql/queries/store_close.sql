-- Close a store.
-- $1 store_id integer
UPDATE stores SET closed_at = coalesce(closed_at, now()) WHERE store_id = $1::integer
