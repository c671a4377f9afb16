-- The balances of some products in some stores; number counts the pairs from 1, pairs without a row are left out.
-- $1 store_ids integer[]
-- $2 product_ids integer[]
-- columns: number, quantity
SELECT k.number, i.quantity
FROM unnest($1::integer[], $2::integer[]) WITH ORDINALITY AS k (store_id, product_id, number)
JOIN inventory i ON i.store_id = k.store_id AND i.product_id = k.product_id
