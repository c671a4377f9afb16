-- Begin a change of the catalogue: one at a time, and every server's memory of it is void once this commits.
-- columns: version, announced
UPDATE catalogue_version SET version = version + 1
RETURNING version, pg_notify('stockroom_catalogue', '')::text AS announced
