-- Tell every server that a user changed; it is heard when the transaction commits. The password's epoch tells whether the
-- origin's change is the last one.
-- $1 user_id integer
-- $2 server text: which made the change, and
-- $3 session text: the session that asked for it there; 0: none
-- columns: announced
SELECT pg_notify('stockroom_users', format('%s %s %s %s', u.user_id, u.password_epoch, $2::text, $3::text))::text AS announced
FROM users u
WHERE u.user_id = $1::integer
