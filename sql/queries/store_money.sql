-- Was anything posted to a store that says a price or a cost, or has it a price of its own?
-- $1 store_id integer
-- columns: has_money
SELECT EXISTS (SELECT FROM stock_movements m WHERE m.store_id = $1::integer AND (m.price IS NOT NULL OR m.cost IS NOT NULL))
    OR EXISTS (SELECT FROM store_prices o WHERE o.store_id = $1::integer) AS has_money
