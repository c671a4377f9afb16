-- Does the database know a time zone of this name? (Not abbreviations, and not what hangs on the machine.)
-- $1 timezone text
-- columns: name
SELECT z.name
FROM pg_timezone_names z
WHERE z.name = $1::text AND z.name <> 'localtime' AND z.name NOT LIKE 'posix%'
