-- Take stores from a user.
-- $1 user_id integer
-- $2 codes text[]
-- $3 others boolean: take all but these
DELETE FROM user_stores us
USING stores s
WHERE s.store_id = us.store_id AND us.user_id = $1::integer AND (s.code = ANY ($2::text[])) <> $3::boolean
