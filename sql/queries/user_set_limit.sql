-- A limit of the user's own for a class of commands.
-- $1 user_id integer
-- $2 cost_class text
-- $3 per_second integer: 0: no limit
-- $4 burst integer
INSERT INTO user_limits (user_id, cost_class, per_second, burst)
VALUES ($1::integer, $2::text, $3::integer, $4::integer)
ON CONFLICT (user_id, cost_class) DO UPDATE SET per_second = excluded.per_second, burst = excluded.burst
