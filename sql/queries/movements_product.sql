-- movements_list of one product: a statement of its own, so that it always takes the index that begins with the product.
-- $1 codes text[]: the stores; NULL: all
-- $2 after_store text: the page begins after this store's…
-- $3 after_seq bigint: …movement of this number; both NULL: at the beginning
-- $4 limit bigint
-- $5 type integer: NULL: any
-- $6 user_name text: NULL: anybody
-- $7 from timestamptz: when it happened, inclusive; NULL: see $8
-- $8 from_day integer: the start of today (0) or yesterday (-1) in the store's time zone; NULL too: no bound
-- $9 to timestamptz: exclusive; NULL: see $10
-- $10 to_day integer: as $8
-- $11 product_id integer
-- columns: store, currency, seq, sku, name, type_id, quantity, balance, reason_id, note, ref,
--     user_name, price, cost, reverses, occurred_at, recorded_at, occurred_local, recorded_local
SELECT s.code AS store, s.currency, m.seq, p.sku, p.name, m.type_id, m.quantity, m.balance, m.reason_id, m.note,
    CASE WHEN m.batch_id IS NULL THEN m.ref ELSE (
        SELECT b.batch_key || ':' || m.batch_line
        FROM ledger_batches b
        WHERE b.store_id = m.store_id AND b.batch_id = m.batch_id) END AS ref,
    (SELECT u.name FROM users u WHERE u.user_id = m.user_id) AS user_name, m.price, m.cost, m.reverses,
    (extract(epoch FROM m.occurred_at) * 1000000)::bigint AS occurred_at,
    (extract(epoch FROM m.recorded_at) * 1000000)::bigint AS recorded_at,
    to_char(m.occurred_at AT TIME ZONE s.timezone, 'YYYY-MM-DD HH24:MI:SS') AS occurred_local,
    to_char(m.recorded_at AT TIME ZONE s.timezone, 'YYYY-MM-DD HH24:MI:SS') AS recorded_local
FROM stores s
CROSS JOIN LATERAL (
    SELECT
        coalesce($7::timestamptz, (date_trunc('day', now() AT TIME ZONE s.timezone)
            + $8::integer * interval '1 day') AT TIME ZONE s.timezone) AS lower,
        coalesce($9::timestamptz, (date_trunc('day', now() AT TIME ZONE s.timezone)
            + $10::integer * interval '1 day') AT TIME ZONE s.timezone) AS upper
) AS a
CROSS JOIN LATERAL (
    SELECT coalesce(max(first.low), 1) AS seq
    FROM (
        WITH RECURSIVE halves (low, high) AS (
            SELECT 1::bigint, l.last_seq + 1
            FROM store_ledger l
            WHERE l.store_id = s.store_id AND a.lower IS NOT NULL
            UNION ALL
            SELECT CASE WHEN m.recorded_at < a.lower - interval '10 minutes' THEN h.middle + 1 ELSE h.low END,
                CASE WHEN m.recorded_at < a.lower - interval '10 minutes' THEN h.high ELSE h.middle END
            FROM (SELECT low, high, (low + high) / 2 AS middle FROM halves WHERE low < high) AS h
            LEFT JOIN stock_movements m ON m.store_id = s.store_id AND m.seq = h.middle
        )
        SELECT low FROM halves WHERE low = high
    ) AS first
) AS window_begin
CROSS JOIN LATERAL (
    SELECT coalesce(max(first.low), 9223372036854775807) AS seq
    FROM (
        WITH RECURSIVE halves (low, high) AS (
            SELECT 1::bigint, l.last_seq + 1
            FROM store_ledger l
            WHERE l.store_id = s.store_id AND a.upper IS NOT NULL
            UNION ALL
            SELECT CASE WHEN m.recorded_at < a.upper + interval '10 minutes' THEN h.middle + 1 ELSE h.low END,
                CASE WHEN m.recorded_at < a.upper + interval '10 minutes' THEN h.high ELSE h.middle END
            FROM (SELECT low, high, (low + high) / 2 AS middle FROM halves WHERE low < high) AS h
            LEFT JOIN stock_movements m ON m.store_id = s.store_id AND m.seq = h.middle
        )
        SELECT low FROM halves WHERE low = high
    ) AS first
) AS window_end
CROSS JOIN LATERAL (
    (SELECT m.*
        FROM stock_movements m
        WHERE m.store_id = s.store_id AND m.product_id = $11::integer AND m.seq >= window_begin.seq
            AND m.seq < least(window_end.seq, CASE WHEN s.code = $2::text THEN $3::bigint ELSE 9223372036854775807 END)
            AND (m.occurred_at = m.recorded_at OR (a.lower IS NULL AND a.upper IS NULL))
            AND ($5::integer IS NULL OR m.type_id = $5::integer)
            AND ($6::text IS NULL OR m.user_id = (SELECT user_id FROM users WHERE name = $6::text))
            AND (a.lower IS NULL OR m.occurred_at >= a.lower)
            AND (a.upper IS NULL OR m.occurred_at < a.upper)
        ORDER BY m.seq DESC
        LIMIT $4::bigint)
    UNION ALL
    (SELECT m.*
        FROM stock_movements m
        WHERE m.store_id = s.store_id AND m.product_id = $11::integer AND m.occurred_at <> m.recorded_at
            AND (a.lower IS NOT NULL OR a.upper IS NOT NULL)
            AND m.occurred_at >= coalesce(a.lower, '-infinity') AND m.occurred_at < coalesce(a.upper, 'infinity')
            AND m.seq < CASE WHEN s.code = $2::text THEN $3::bigint ELSE 9223372036854775807 END
            AND ($5::integer IS NULL OR m.type_id = $5::integer)
            AND ($6::text IS NULL OR m.user_id = (SELECT user_id FROM users WHERE name = $6::text))
        ORDER BY m.seq DESC
        LIMIT $4::bigint)
    ORDER BY seq DESC
    LIMIT $4::bigint
) AS m
JOIN products p ON p.product_id = m.product_id
WHERE ($1::text[] IS NULL OR s.code = ANY ($1::text[])) AND ($2::text IS NULL OR s.code >= $2::text)
ORDER BY s.code, m.seq DESC
LIMIT $4::bigint
