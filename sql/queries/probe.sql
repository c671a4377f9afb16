-- Does the database answer over this connection?
-- columns: answer
SELECT true AS answer
