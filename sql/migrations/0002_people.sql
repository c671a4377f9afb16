-- People and protection: who waits for approval, what ends sessions and tokens, limits of single users, the audit trail.

-- The epochs are counted up by what they are named after. A server compares those that a session or a token began with
-- to those that it has heard of last.
ALTER TABLE users
    ADD COLUMN password_epoch bigint NOT NULL DEFAULT 0,
    ADD COLUMN token_epoch bigint NOT NULL DEFAULT 0,
    ADD COLUMN must_change_password boolean NOT NULL DEFAULT false, -- somebody else has chosen it
    ADD COLUMN pending_since timestamptz;                            -- signed up, not approved yet
CREATE INDEX users_pending ON users (pending_since) WHERE pending_since IS NOT NULL;

-- A store that a signup asks for: nobody but admins knows of it, and nothing can be posted to it, until it is approved.
ALTER TABLE stores
    ADD COLUMN pending_since timestamptz;

-- What `user set --limit` has changed of the limits that the user's role has in the configuration.
CREATE TABLE user_limits (
    user_id    integer NOT NULL REFERENCES users,
    cost_class text NOT NULL CHECK (cost_class IN ('read', 'write', 'scan', 'login', 'batch')),
    per_second integer NOT NULL CHECK (per_second >= 0), -- 0: no limit
    burst      integer NOT NULL CHECK (burst >= 0),
    PRIMARY KEY (user_id, cost_class)
);

-- Every change to users, keys, roles, stores, products and limits, written in the transaction that makes it, and every
-- refused permission. Rows are inserted and never changed. store_id 0: it concerns no single store.
CREATE TABLE audit_events (
    store_id    integer NOT NULL DEFAULT 0,
    audit_id    bigint GENERATED ALWAYS AS IDENTITY,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    user_id     integer REFERENCES users,     -- who; NULL: nobody who is logged in (a signup, the command line)
    key_id      integer REFERENCES user_keys, -- the public key that proved who; NULL: a password or a token
    method      text NOT NULL CHECK (method IN ('password', 'key', 'token', 'none', 'console')),
    source      text NOT NULL DEFAULT '' CHECK (octet_length(source) <= 64), -- the client's address
    session     bigint NOT NULL DEFAULT 0,    -- its number on the server that it was on
    action      text NOT NULL CHECK (action <> '' AND octet_length(action) <= 64), -- the command
    outcome     text NOT NULL CHECK (outcome IN ('done', 'refused')),
    kind        text NOT NULL CHECK (kind IN ('', 'user', 'store', 'product', 'session')),
    target      text NOT NULL DEFAULT '' CHECK (octet_length(target) <= 128),
    times       bigint NOT NULL DEFAULT 1 CHECK (times > 0), -- refusals that came together are one row
    before      jsonb, -- what the target was, and
    after       jsonb, -- what it is now
    PRIMARY KEY (store_id, audit_id)
);
CREATE INDEX audit_events_id ON audit_events (audit_id);
CREATE INDEX audit_events_user ON audit_events (user_id, audit_id);
CREATE INDEX audit_events_target ON audit_events (kind, target, audit_id);
CREATE INDEX audit_events_target_name ON audit_events (target, audit_id);
CREATE INDEX audit_events_action ON audit_events (action, audit_id);
CREATE INDEX audit_events_source ON audit_events (source, audit_id);
CREATE INDEX audit_events_recorded ON audit_events (recorded_at);

GRANT SELECT, INSERT, UPDATE, DELETE ON user_limits TO stockroom_server;
GRANT SELECT, INSERT (store_id, recorded_at, user_id, key_id, method, source, session, action, outcome, kind, target, times,
    before, after) ON audit_events TO stockroom_server; -- the numbers are the database's own
