-- The id of a store, whatever state it is in.
-- $1 store text
-- columns: store_id
SELECT store_id FROM stores WHERE code = $1::text
