-- The hash of one movement: tells whether a posting whose answer was lost has happened.
-- $1 store_id integer
-- $2 seq bigint
-- columns: hash
SELECT hash FROM stock_movements WHERE store_id = $1::integer AND seq = $2::bigint
