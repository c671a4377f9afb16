-- The stores of a report, each with its own first and last day of the period: days are those of its time zone, and none is
-- later than today. A bound is the first that is given of a date, a moment (the day in which it lies), and days from today;
-- without one the period is of thirty days, or ends today.
-- $1 codes text[]: the stores; NULL: all
-- $2 from_date date
-- $3 from_at timestamptz
-- $4 from_day integer
-- $5 to_date date: the first day that does not count
-- $6 to_at timestamptz
-- $7 to_day integer
-- columns: store_id, currency, from_day, to_day
SELECT s.store_id, s.currency, b.lower - date '1970-01-01' AS from_day, b.upper - date '1970-01-01' AS to_day
FROM stores s
CROSS JOIN LATERAL (
    SELECT (now() AT TIME ZONE s.timezone)::date AS today
) AS t
CROSS JOIN LATERAL (
    SELECT least(coalesce($5::date, ($6::timestamptz AT TIME ZONE s.timezone)::date, t.today + $7::integer, t.today + 1),
        t.today + 1) AS upper
) AS u
CROSS JOIN LATERAL (
    SELECT coalesce($2::date, ($3::timestamptz AT TIME ZONE s.timezone)::date, t.today + $4::integer, u.upper - 30) AS lower,
        u.upper
) AS b
WHERE s.pending_since IS NULL AND ($1::text[] IS NULL OR s.code = ANY ($1::text[]))
ORDER BY s.store_id
