-- Tell every server that a user changed; it is heard when the transaction commits.
-- $1 change text: the user's id, the server and the session that changed it
-- columns: announced
SELECT pg_notify('stockroom_users', $1::text)::text AS announced
