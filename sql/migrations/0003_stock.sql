-- The whole of stock keeping: stocktakes, transfers, reversals, average cost, prices of stores, daily aggregates.

-- value: what the movement changed of the worth of the stock, in thousandths of a minor unit, signed; NULL in rows from before
-- there was one. A count that found what the books say posts nothing but that it was counted.
ALTER TABLE stock_movements
    ADD COLUMN value bigint,
    ADD COLUMN stocktake text COLLATE "C" CHECK (stocktake <> '' AND octet_length(stocktake) <= 64),
    ADD COLUMN transfer_store_id integer, -- of what a transfer brought: its source,
    ADD COLUMN transfer_seq bigint,       -- and the seq of its TRANSFER_OUT there
    ADD CONSTRAINT stock_movements_transfer CHECK ((transfer_store_id IS NULL) = (transfer_seq IS NULL)),
    ADD CONSTRAINT stock_movements_stocktake CHECK (stocktake IS NULL OR type_id = 5),
    DROP CONSTRAINT stock_movements_quantity_check,
    ADD CONSTRAINT stock_movements_quantity_check CHECK (quantity <> 0 OR type_id = 5);
CREATE UNIQUE INDEX stock_movements_reverses ON stock_movements (store_id, reverses) WHERE reverses IS NOT NULL;
CREATE INDEX stock_movements_stocktake ON stock_movements (store_id, stocktake, seq) WHERE stocktake IS NOT NULL;
CREATE INDEX stock_movements_transferred ON stock_movements (store_id, transfer_store_id, transfer_seq)
    WHERE transfer_seq IS NOT NULL; -- what a transfer brought, or lost: few rows

-- value: of what is on hand; the sum of the movements' values. Divided by the quantity it is the moving average cost.
ALTER TABLE inventory
    ADD COLUMN value bigint NOT NULL DEFAULT 0 CHECK (value >= 0),
    ADD COLUMN reorder_quantity bigint CHECK (reorder_quantity > 0),
    ADD CONSTRAINT inventory_value_quantity CHECK (quantity > 0 OR value = 0);

CREATE INDEX inventory_reorder ON inventory (store_id, product_id) WHERE reorder_point IS NOT NULL; -- names no column that selling changes

-- Movements that happened at another time than they were recorded: few, and the only ones that recorded_at does not find.
CREATE INDEX stock_movements_backdated ON stock_movements (store_id, occurred_at) WHERE occurred_at <> recorded_at;

-- What --search finds: the words of SKU and name as they stand between blanks, and the parts of them between punctuation, in
-- small letters. Not to_tsvector: its parser takes SKUs for numbers, hosts and paths (docs/decisions/0007).
ALTER TABLE products
    ADD COLUMN words tsvector NOT NULL GENERATED ALWAYS AS (array_to_tsvector(array_remove(
        string_to_array(lower((sku || ' ' || name) COLLATE "default"), ' ')
        || string_to_array(translate(lower((sku || ' ' || name) COLLATE "default"),
            '!"#$%&''()*+,-./:;<=>?@[\]^_`{|}~', repeat(' ', 32)), ' '), ''))) STORED;
CREATE INDEX products_words ON products USING gin (words);
CREATE INDEX products_category ON products (category, sku) WHERE category IS NOT NULL;
CREATE INDEX products_retired ON products (sku) WHERE retired_at IS NOT NULL;

-- What is on its way from one store to another; kept by the source, whose lock guards it.
CREATE TABLE transfers (
    store_id    integer NOT NULL REFERENCES store_ledger,
    seq         bigint NOT NULL, -- of its TRANSFER_OUT
    product_id  integer NOT NULL REFERENCES products,
    to_store_id integer NOT NULL REFERENCES stores,
    quantity    bigint NOT NULL CHECK (quantity > 0),
    received    bigint NOT NULL DEFAULT 0 CHECK (received >= 0),
    lost        bigint NOT NULL DEFAULT 0 CHECK (lost >= 0),
    returned    bigint NOT NULL DEFAULT 0 CHECK (returned >= 0),
    value       bigint NOT NULL CHECK (value >= 0), -- of what is still on its way
    sent_at     timestamptz NOT NULL,
    PRIMARY KEY (store_id, seq),
    CHECK (received + lost + returned <= quantity)
);
CREATE INDEX transfers_to ON transfers (to_store_id, store_id, seq) WHERE received + lost + returned < quantity;
CREATE INDEX transfers_open ON transfers (store_id, seq) WHERE received + lost + returned < quantity;
CREATE INDEX transfers_product ON transfers (product_id, store_id, seq) WHERE received + lost + returned < quantity;

-- A store's own price of a product, over the catalogue's.
CREATE TABLE store_prices (
    store_id    integer NOT NULL REFERENCES stores,
    product_id  integer NOT NULL REFERENCES products,
    price_milli bigint NOT NULL CHECK (price_milli >= 0),
    PRIMARY KEY (store_id, product_id)
);
CREATE INDEX store_prices_product ON store_prices (product_id);

-- What happened in a day (of occurred_at, in the store's time zone), added up by the posting transaction. Reports read this
-- and never the ledger. No foreign keys, as the ledger has none (docs/decisions/0002). amount is quantity times price, value as in stock_movements, both in thousandths of a minor unit.
CREATE TABLE stock_daily (
    store_id   integer NOT NULL,
    day        date NOT NULL,
    product_id integer NOT NULL,
    type_id    smallint NOT NULL,
    reason_id  smallint NOT NULL DEFAULT 0, -- 0: none
    quantity   bigint NOT NULL,
    amount     bigint NOT NULL,
    value      bigint NOT NULL,
    movements  bigint NOT NULL,
    PRIMARY KEY (store_id, day, product_id, type_id, reason_id)
) WITH (fillfactor = 70);

CREATE TABLE stock_daily_users (
    store_id  integer NOT NULL,
    day       date NOT NULL,
    user_id   integer NOT NULL,
    type_id   smallint NOT NULL,
    quantity  bigint NOT NULL,
    amount    bigint NOT NULL,
    value     bigint NOT NULL,
    movements bigint NOT NULL,
    PRIMARY KEY (store_id, day, user_id, type_id)
) WITH (fillfactor = 50);

-- How far each store's ledger was verified, so that the next time may go on from there.
CREATE TABLE verify_progress (
    store_id    integer PRIMARY KEY REFERENCES store_ledger,
    seq         bigint NOT NULL CHECK (seq >= 0),
    hash        bytea NOT NULL CHECK (octet_length(hash) IN (0, 32)),
    verified_at timestamptz NOT NULL
);

GRANT SELECT, INSERT, UPDATE ON transfers, stock_daily, stock_daily_users, verify_progress TO stockroom_server;
GRANT SELECT, INSERT, UPDATE, DELETE ON store_prices TO stockroom_server;

-- Rows of `import products` on their way into the catalogue: worth nothing after a crash, deleted when their import ends.
CREATE UNLOGGED TABLE import_products (
    import_id   bigint NOT NULL,
    line        bigint NOT NULL, -- of the file
    sku         text COLLATE "C" NOT NULL,
    name        text,            -- NULL: not given
    category    text,
    unit        text,
    price_milli bigint,
    barcodes    text COLLATE "C", -- parted by newlines
    staged_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (import_id, line)
);
GRANT SELECT, INSERT, DELETE ON import_products TO stockroom_server;
