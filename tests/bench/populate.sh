#!/bin/bash
# Fills a database with the stock of a chain: stores in several time zones, a catalogue with categories, barcodes and
# prices, staff, and a year of movements with everything that follows from them (`verify --all-stores` finds it sound).
# Either of an empty demo server of its own (--dir, made if need be), or of the migrated database of a connection string.
set -euo pipefail
# shellcheck source=packaging/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../../packaging/lib.sh"

stores=20 products=2000 movements=200000 per_store='' dir='' dsn=''

usage() {
    cat <<'TEXT'
usage: tests/bench/populate.sh [--stores N] [--products N] [--movements N] [--per-store N] (--dir DIR | --dsn DSN)
  --stores N      stores, B00001 and so on, at least 2 (20)
  --products N    products, P0000001 and so on (2000)
  --movements N   movements of all stores together (200000)
  --per-store N   products that a store keeps (5000, or what there are movements or products for)
  --dir DIR       of a demo server without data, as packaging/demo.sh --empty has it; started when it is not there
  --dsn DSN       of the owner of a migrated database without stores
STOCKROOM_BIN is the directory with the programs; without it they are built (build/bench).
TEXT
}

parse_arguments() {
    local name
    while (($# > 0)); do
        case $1 in
        --stores | --products | --movements | --per-store | --dir | --dsn)
            (($# > 1)) || die "$1 needs a value"
            name=${1#--}
            printf -v "${name/-/_}" '%s' "$2"
            shift
            ;;
        -h | --help) usage; exit 0 ;;
        *) usage >&2; die "unknown argument: $1" ;;
        esac
        shift
    done
    for name in stores products movements; do
        [[ ${!name} =~ ^[1-9][0-9]{0,9}$ ]] || die "--$name is a number greater than 0, not '${!name}'"
    done
    ((stores > 1)) || die "--stores is at least 2: transfers go from one to another"
    ((movements >= stores)) || die "--movements: at least one for each store"
    [[ -n $dir || -n $dsn ]] || die "--dir or --dsn says where to"
}

build() {
    if [[ -z ${STOCKROOM_BIN:-} ]]; then
        say "Building (build/bench)…"
        cmake_build bench "$(mktemp /tmp/stockroom-bench.XXXXXX.log)" --preset release -DBUILD_TESTING=ON -- --target \
            stockroomd stockroomd-core stockroom-tui bench_populate
        STOCKROOM_BIN=$STOCKROOM_ROOT/build/bench/bin
    fi
    export STOCKROOM_BIN
}

run_sql() {
    PGOPTIONS='-c client_min_messages=error' psql -X -q -A -t -v ON_ERROR_STOP=1 -v stores="$stores" -v products="$products" -v movements="$movements" "$dsn"
}

# Two of staff for each store, an owner for each hundred stores. Nobody has a password: they are there to be named.
fill_reference() {
    run_sql <<'SQL'
BEGIN;
SELECT 1 / (count(*) = 0)::integer FROM stores \g /dev/null
INSERT INTO stores (code, name, timezone, currency, created_at)
SELECT 'B' || to_char(n, 'FM00000'),
    (ARRAY['Main Street', 'Harbour', 'Station', 'Market Square', 'Old Town', 'Riverside', 'Airport'])[1 + n % 7] || ' ' || n,
    (ARRAY['Europe/Berlin', 'Europe/Lisbon', 'Europe/Helsinki', 'America/New_York', 'Asia/Kolkata', 'UTC'])[1 + n % 6],
    (ARRAY['EUR', 'EUR', 'EUR', 'USD', 'GBP'])[1 + n % 5], now() - interval '2 years'
FROM generate_series(1, :stores) AS n;
INSERT INTO store_ledger (store_id) SELECT store_id FROM stores;
INSERT INTO products (sku, name, category, unit, price_milli)
SELECT 'P' || to_char(n, 'FM0000000'),
    (ARRAY['Organic', 'Fresh', 'Classic', 'Small', 'Large', 'Red', 'Green', 'Blue', 'Dark', 'Light', 'Sweet', 'Plain'])[1 + n % 12]
        || ' ' || (ARRAY['oat milk', 'lamp', 'coffee', 'soap', 'bread', 'apples', 'cable', 'batteries', 'tea', 'chocolate',
            'paper', 'candles', 'pasta', 'rice', 'shampoo', 'notebook', 'pencils'])[1 + (n / 12) % 17]
        || ' ' || (1 + n % 10) * 100 || ' g, line ' || n / 204,
    (ARRAY['Drinks', 'Household', 'Fruit', 'Hardware', 'Bakery', 'Stationery', 'Toiletries', 'Pantry'])[1 + (n / 12) % 8],
    CASE WHEN n % 20 = 0 THEN 'kg' ELSE 'each' END, 10 * (99 + (n::bigint * 7919) % 5000)
FROM generate_series(1, :products) AS n;
INSERT INTO product_barcodes (barcode, product_id)
SELECT '2' || to_char(product_id, 'FM000000000000'), product_id FROM products;
INSERT INTO users (name, role)
SELECT 's' || to_char(n, 'FM00000') || side, 'staff' FROM generate_series(1, :stores) AS n, unnest(ARRAY['a', 'b']) AS side
UNION ALL
SELECT 'o' || to_char(n, 'FM00000'), 'owner' FROM generate_series(0, (:stores - 1) / 100) AS n;
INSERT INTO user_stores (user_id, store_id)
SELECT u.user_id, s.store_id FROM stores s JOIN users u ON u.name IN ('s' || substr(s.code, 2) || 'a', 's' || substr(s.code, 2) || 'b',
    'o' || to_char((substr(s.code, 2)::integer - 1) / 100, 'FM00000'));
INSERT INTO store_prices (store_id, product_id, price_milli)
SELECT s.store_id, p.product_id, p.price_milli + 100 FROM stores s JOIN products p ON p.product_id % 500 = s.store_id % 500;
INSERT INTO audit_events (store_id, recorded_at, user_id, method, action, outcome, kind, target)
SELECT s.store_id, now() - n * interval '1 year' / (:movements / 100 + 1), u.user_id, 'key', 'product set', 'done', 'product',
    'P' || to_char(1 + n % :products, 'FM0000000')
FROM generate_series(1, :movements / 100) AS n
JOIN stores s ON s.code = 'B' || to_char(1 + n % :stores, 'FM00000')
JOIN users u ON u.name = 's' || to_char(1 + n % :stores, 'FM00000') || 'a';
UPDATE catalogue_version SET version = version + 1;
COMMIT;
ANALYZE;
SQL
}

# A year of each store, by as many as there are processors.
fill_ledgers() {
    local jobs part pids=() each=$((movements / stores)) kept=${per_store:-5000}
    jobs=$(nproc)
    kept=$((kept > products ? products : kept))
    kept=$((kept > each ? each : kept))
    say "$stores stores, $products products, $kept of them in each store, $((each * stores)) movements"
    for ((part = 0; part < jobs; part++)); do
        "$STOCKROOM_BIN/bench_populate" "$dsn" "$each" "$kept" "$part" "$jobs" &
        pids+=($!)
    done
    for part in "${pids[@]}"; do
        wait "$part" || die "a part of the stores was not filled"
    done
    printf '\n' >&2
}

main() {
    parse_arguments "$@"
    build
    if [[ -n $dir ]]; then
        "$STOCKROOM_ROOT/packaging/demo.sh" start --dir "$dir" --empty ${PORT:+--port "$PORT"}
        dsn=$(<"$dir/dsn")
    fi
    say "Stores, products, people…"
    fill_reference
    say "Movements…"
    fill_ledgers
    say "Statistics…"
    run_sql <<<'VACUUM (ANALYZE)'
    run_sql <<'SQL'
SELECT 'stores ' || (SELECT count(*) FROM stores) || ', products ' || (SELECT count(*) FROM products) || ', inventory rows '
    || (SELECT count(*) FROM inventory) || ', movements ' || (SELECT sum(last_seq) FROM store_ledger) || ', daily rows '
    || (SELECT count(*) FROM stock_daily) || ', database ' || pg_size_pretty(pg_database_size(current_database()));
SQL
}

main "$@"
