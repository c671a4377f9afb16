-- Forget the rows of an import that has ended, and those that a server left behind.
-- $1 import_id bigint
DELETE FROM import_products WHERE import_id = $1::bigint OR staged_at < now() - interval '1 day'
