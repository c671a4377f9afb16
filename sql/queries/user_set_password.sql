-- A new password. Sessions that began with the old one, and all tokens, end. No row comes back when it was changed since
-- the epoch was read.
-- $1 user_id integer
-- $2 password_hash text
-- $3 must_change_password boolean: somebody else has chosen it
-- $4 password_epoch bigint: as it was read; NULL: whatever it is
-- columns: user_id
UPDATE users
SET password_hash = $2::text, must_change_password = $3::boolean, password_epoch = password_epoch + 1,
    token_epoch = token_epoch + 1
WHERE user_id = $1::integer AND ($4::bigint IS NULL OR password_epoch = $4::bigint)
RETURNING user_id
