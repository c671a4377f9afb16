-- Give some stores to a user.
-- $1 user_id integer
-- $2 codes text[]
INSERT INTO user_stores (user_id, store_id)
SELECT $1::integer, s.store_id
FROM stores s
WHERE s.code = ANY ($2::text[]) AND s.pending_since IS NULL
ON CONFLICT (user_id, store_id) DO NOTHING
