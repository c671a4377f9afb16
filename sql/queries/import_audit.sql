-- The counts of an import, as the audit trail keeps them.
-- $1 rows bigint
-- $2 added bigint
-- $3 changed bigint
-- $4 barcodes bigint
-- columns: after
SELECT jsonb_build_object('rows', $1::bigint, 'added', $2::bigint, 'changed', $3::bigint, 'barcodes', $4::bigint) AS after
