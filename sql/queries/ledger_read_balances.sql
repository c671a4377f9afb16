-- The balances of some products in some stores, their worth and the stores' own prices; number counts the pairs from 1.
-- $1 store_ids integer[]
-- $2 product_ids integer[]
-- columns: number, quantity, worth, price_milli, exists
SELECT k.number, coalesce(i.quantity, 0) AS quantity, coalesce(i.value, 0) AS worth,
    coalesce(o.price_milli, -1) AS price_milli, i.store_id IS NOT NULL AS exists
FROM unnest($1::integer[], $2::integer[]) WITH ORDINALITY AS k (store_id, product_id, number)
LEFT JOIN inventory i ON i.store_id = k.store_id AND i.product_id = k.product_id
LEFT JOIN store_prices o ON o.store_id = k.store_id AND o.product_id = k.product_id
