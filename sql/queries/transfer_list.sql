-- A page of what is on its way from or to some stores: by the store that sent it and its seq there.
-- $1 codes text[]: the stores; NULL: all
-- $2 after_store text: the page begins after this store's…
-- $3 after_seq bigint: …transfer of this number; both NULL: at the beginning
-- $4 limit bigint
-- $5 is_sent boolean: what these stores have sent
-- $6 is_awaited boolean: what they shall receive
-- columns: from_store, to_store, seq, sku, name, unit, quantity, received, lost, on_its_way, sent_at, sent_local
WITH own AS MATERIALIZED (
    SELECT s.store_id FROM stores s WHERE ($1::text[] IS NULL OR s.code = ANY ($1::text[]))
),
open AS (
    SELECT t.store_id, t.seq
    FROM own
    JOIN transfers t ON t.store_id = own.store_id AND t.received + t.lost + t.returned < t.quantity
    WHERE $5::boolean
    UNION
    SELECT t.store_id, t.seq
    FROM own
    JOIN transfers t ON t.to_store_id = own.store_id AND t.received + t.lost + t.returned < t.quantity
    WHERE $6::boolean
)
SELECT f.code AS from_store, d.code AS to_store, t.seq, p.sku, p.name, p.unit, t.quantity, t.received, t.lost,
    t.quantity - t.received - t.lost - t.returned AS on_its_way,
    (extract(epoch FROM t.sent_at) * 1000000)::bigint AS sent_at,
    to_char(t.sent_at AT TIME ZONE f.timezone, 'YYYY-MM-DD HH24:MI:SS') AS sent_local
FROM open o
JOIN stores f ON f.store_id = o.store_id
JOIN transfers t ON t.store_id = o.store_id AND t.seq = o.seq
JOIN stores d ON d.store_id = t.to_store_id
JOIN products p ON p.product_id = t.product_id
WHERE $2::text IS NULL OR (f.code, t.seq) > ($2::text, $3::bigint)
ORDER BY f.code, t.seq
LIMIT $4::bigint
