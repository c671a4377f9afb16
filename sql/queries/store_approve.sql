-- A store that was asked for is open.
-- $1 store text
UPDATE stores SET pending_since = NULL WHERE code = $1::text
