-- A page of the transfers that a store sent, and what the movements say of them.
-- $1 store_id integer
-- $2 after_seq bigint
-- $3 limit bigint
-- columns: seq, product_id, quantity, received, lost, returned, worth, sent_product_id, sent, arrived, missed, came_back
SELECT t.seq, t.product_id, t.quantity, t.received, t.lost, t.returned, t.value AS worth,
    o.product_id AS sent_product_id, -o.quantity AS sent,
    (
        SELECT coalesce(sum(m.quantity), 0)::bigint
        FROM stock_movements m
        WHERE m.store_id = t.to_store_id AND m.transfer_store_id = t.store_id AND m.transfer_seq = t.seq
            AND m.type_id = 7
    ) AS arrived,
    (
        SELECT coalesce(-sum(m.quantity), 0)::bigint
        FROM stock_movements m
        WHERE m.store_id = t.store_id AND m.transfer_store_id = t.store_id AND m.transfer_seq = t.seq
            AND m.type_id = 3
    ) AS missed,
    (
        SELECT coalesce(sum(m.quantity), 0)::bigint
        FROM stock_movements m
        WHERE m.store_id = t.store_id AND m.reverses = t.seq
    ) AS came_back
FROM transfers t
LEFT JOIN stock_movements o ON o.store_id = t.store_id AND o.seq = t.seq AND o.type_id = 6 AND o.reverses IS NULL
WHERE t.store_id = $1::integer AND t.seq > $2::bigint
ORDER BY t.seq
LIMIT $3::bigint
