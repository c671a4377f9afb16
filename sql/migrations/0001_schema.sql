-- The first schema: reference tables, the ledger of each store, and the rights of the server.
-- Every table that grows is keyed by store_id first and points only within its store or to reference tables, so that
-- it can be distributed on store_id. Quantities are thousandths of a unit, money is in minor units, both bigint.

-- Rights are given to a group; the installation grants it to the server's login role.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'stockroom_server') THEN
        CREATE ROLE stockroom_server NOLOGIN;
    END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN
    NULL; -- another database of this cluster is being migrated at the same moment
END
$$;

CREATE TABLE stores (
    store_id   integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    code       text COLLATE "C" NOT NULL UNIQUE CHECK (code ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$'),
    name       text NOT NULL CHECK (name <> '' AND octet_length(name) <= 200),
    timezone   text NOT NULL DEFAULT 'UTC',
    currency   text NOT NULL DEFAULT 'EUR' CHECK (currency ~ '^[A-Z]{3}$'),
    created_at timestamptz NOT NULL DEFAULT now(),
    closed_at  timestamptz
);

CREATE TABLE products (
    product_id  integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    sku         text COLLATE "C" NOT NULL UNIQUE CHECK (sku <> '' AND octet_length(sku) <= 64),
    name        text NOT NULL CHECK (name <> '' AND octet_length(name) <= 200),
    category    text CHECK (category <> '' AND octet_length(category) <= 64),
    unit        text NOT NULL DEFAULT 'each' CHECK (unit IN ('each', 'kg', 'm', 'l')),
    price_milli bigint CHECK (price_milli >= 0), -- thousandths: each store's currency has its own number of places
    created_at  timestamptz NOT NULL DEFAULT now(),
    updated_at  timestamptz NOT NULL DEFAULT now(),
    retired_at  timestamptz
);

CREATE TABLE product_barcodes (
    barcode    text COLLATE "C" PRIMARY KEY CHECK (barcode <> '' AND octet_length(barcode) <= 64),
    product_id integer NOT NULL REFERENCES products
);
CREATE INDEX product_barcodes_product ON product_barcodes (product_id);

-- Bumped by every change to products, barcodes and stores: a server that remembers codes compares it in each posting.
CREATE TABLE catalogue_version (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    version  bigint NOT NULL
);
INSERT INTO catalogue_version (version) VALUES (1);

CREATE TABLE users (
    user_id       integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name          text COLLATE "C" NOT NULL UNIQUE CHECK (name ~ '^[a-z][a-z0-9._-]{0,31}$'),
    role          text NOT NULL CHECK (role IN ('admin', 'owner', 'staff')),
    password_hash text, -- argon2id in libsodium's text form; NULL: keys only
    created_at    timestamptz NOT NULL DEFAULT now(),
    disabled_at   timestamptz
);

CREATE TABLE user_stores (
    user_id  integer NOT NULL REFERENCES users,
    store_id integer NOT NULL REFERENCES stores,
    PRIMARY KEY (user_id, store_id)
);
CREATE INDEX user_stores_store ON user_stores (store_id);

CREATE TABLE user_keys (
    key_id      integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id     integer NOT NULL REFERENCES users,
    type        text NOT NULL,
    blob        bytea NOT NULL, -- the public key as SSH sends it
    fingerprint text NOT NULL,  -- SHA256:…, as ssh-keygen -l prints it
    comment     text NOT NULL DEFAULT '',
    created_at  timestamptz NOT NULL DEFAULT now(),
    removed_at  timestamptz,    -- a key that movements name is kept, for the record, and opens nothing any more
    UNIQUE (user_id, blob)
);

CREATE TABLE movement_types (
    type_id smallint PRIMARY KEY,
    name    text NOT NULL UNIQUE
);
INSERT INTO movement_types VALUES
    (1, 'IN'), (2, 'SELL'), (3, 'REMOVE'), (4, 'RETURN'), (5, 'COUNT'), (6, 'TRANSFER_OUT'), (7, 'TRANSFER_IN');

CREATE TABLE movement_reasons (
    reason_id smallint PRIMARY KEY,
    name      text NOT NULL UNIQUE
);
INSERT INTO movement_reasons VALUES
    (1, 'damaged'), (2, 'expired'), (3, 'lost'), (4, 'theft'), (5, 'sample'), (6, 'other');

-- The head of each store's ledger. Locked (in the order of store_id) at the start of every posting.
CREATE TABLE store_ledger (
    store_id  integer PRIMARY KEY REFERENCES stores,
    last_seq  bigint NOT NULL DEFAULT 0 CHECK (last_seq >= 0),
    last_hash bytea NOT NULL DEFAULT '\x' CHECK (octet_length(last_hash) IN (0, 32))
) WITH (fillfactor = 20);

CREATE TABLE inventory (
    store_id      integer NOT NULL REFERENCES store_ledger,
    product_id    integer NOT NULL REFERENCES products,
    quantity      bigint NOT NULL DEFAULT 0 CHECK (quantity >= 0),
    reorder_point bigint CHECK (reorder_point >= 0),
    updated_at    timestamptz NOT NULL,
    PRIMARY KEY (store_id, product_id)
) WITH (fillfactor = 60, autovacuum_vacuum_scale_factor = 0.05);

-- How far a batch with a key has come in a store; its lines' refs are KEY:LINE. A line at or past next_line never
-- posted; one before it has its movement, if it posted, under (store_id, batch_id, batch_line).
CREATE TABLE ledger_batches (
    store_id  integer NOT NULL REFERENCES store_ledger,
    batch_key text COLLATE "C" NOT NULL CHECK (batch_key <> '' AND octet_length(batch_key) <= 128),
    batch_id  bigint NOT NULL, -- the seq that came next when the batch began: unique within the store
    next_line bigint NOT NULL CHECK (next_line > 0),
    PRIMARY KEY (store_id, batch_key),
    UNIQUE (store_id, batch_id)
) WITH (fillfactor = 60);

-- The ledger. Rows are inserted and never changed. The hash chains each row to the one before it in its store.
-- No foreign keys: they cost 45% of the insert rate. The posting transaction proves what they would (it updates or inserts
-- the inventory row of each movement, under the store's lock), and the server may delete nothing that rows point to:
-- docs/decisions/0002.
CREATE TABLE stock_movements (
    store_id      integer NOT NULL,
    product_id    integer NOT NULL,
    seq           bigint NOT NULL CHECK (seq > 0),
    quantity      bigint NOT NULL CHECK (quantity <> 0), -- signed
    balance       bigint NOT NULL CHECK (balance >= 0),  -- after this movement
    occurred_at   timestamptz NOT NULL,
    recorded_at   timestamptz NOT NULL,
    user_id       integer NOT NULL,
    type_id       smallint NOT NULL CHECK (type_id BETWEEN 1 AND 7),
    reason_id     smallint CHECK (reason_id BETWEEN 1 AND 6),
    key_id        integer,        -- the public key that proved the user; NULL: a password
    price         bigint CHECK (price >= 0), -- minor units of the store's currency
    cost          bigint CHECK (cost >= 0),
    reverses      bigint,         -- the seq of the movement that this one takes back
    batch_id      bigint,
    batch_line    bigint,
    request_hash  bigint,         -- what was asked, for lines with a ref: the same ref must ask the same again
    ref           text COLLATE "C" CHECK (ref <> '' AND octet_length(ref) <= 128),
    note          text CHECK (octet_length(note) <= 500),
    hash          bytea NOT NULL CHECK (octet_length(hash) = 32),
    PRIMARY KEY (store_id, seq),
    CHECK ((batch_id IS NULL) = (batch_line IS NULL)),
    CHECK (ref IS NULL OR batch_id IS NULL)
);
CREATE UNIQUE INDEX stock_movements_ref ON stock_movements (store_id, ref) WHERE ref IS NOT NULL;
CREATE UNIQUE INDEX stock_movements_batch ON stock_movements (store_id, batch_id, batch_line)
    WHERE batch_id IS NOT NULL;
CREATE INDEX stock_movements_product ON stock_movements (store_id, product_id, seq);

GRANT USAGE ON SCHEMA public TO stockroom_server;
GRANT SELECT ON movement_types, movement_reasons TO stockroom_server;
GRANT SELECT, INSERT, UPDATE ON stores, products, catalogue_version, users, store_ledger, inventory,
    ledger_batches, user_keys TO stockroom_server;
GRANT SELECT, INSERT, DELETE ON product_barcodes, user_stores TO stockroom_server;
GRANT SELECT, INSERT ON stock_movements TO stockroom_server;
