-- Remember how far a store was verified; never go back.
-- $1 store_id integer
-- $2 seq bigint
-- $3 hash bytea
INSERT INTO verify_progress (store_id, seq, hash, verified_at)
VALUES ($1::integer, $2::bigint, $3::bytea, now())
ON CONFLICT (store_id) DO UPDATE
SET seq = excluded.seq, hash = excluded.hash, verified_at = excluded.verified_at
WHERE excluded.seq >= verify_progress.seq
