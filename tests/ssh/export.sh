#!/bin/bash
# Exports: whole lists as csv, over many pages, by who may see what, and what they write is read again.
# shellcheck source=tests/lib/server.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../lib/server.sh"
server_start
must admin 'store add S001 --name "Main Street"'
must admin 'store add S002 --name "Harbour"'
new_user ann '--role staff --store S001'
new_user olga '--role owner --store S001'
must admin "product add Q-1 --name 'Say \"oat\", please; now' --category Milk --price 1.50 --barcode 111 --barcode 222"
must olga 'stock-in Q-1 10 --cost 0.70'
must olga 'sell Q-1 3'

# ---- The same columns as the lists in csv
for pair in 'inventory:inventory' 'movements:movements' 'products:product list' 'stores:store list' 'users:user list'; do
    tssh olga "export ${pair%%:*}"
    assert_status 0
    cp "$OUT_FILE" "$TEST_DIR/exported"
    tssh olga "${pair#*:} --format csv"
    assert_equal "$(cat "$OUT_FILE")" "$(cat "$TEST_DIR/exported")"
done

# ---- Many pages, in order, each row once
psql -qX -d "$SERVER_DSN" -c "INSERT INTO products (sku, name, price_milli) SELECT 'P-' || lpad(i::text, 6, '0'), 'Product ' || i, i
    FROM generate_series(1, 7001) i"
tssh ann 'export products'
assert_status 0
assert_equal 7003 "$(wc -l <"$OUT_FILE")"
python3 - "$OUT_FILE" <<'PY'
import csv, sys
rows = list(csv.reader(open(sys.argv[1], newline="")))
assert rows[0][0] == "sku", rows[0]
skus = [row[0] for row in rows[1:]]
assert skus == sorted(set(skus)) and len(skus) == 7002, len(skus)
assert all(len(row) == len(rows[0]) for row in rows)
PY

# ---- Delimiters, filters, rights
tssh ann 'export products --search oat --delimiter ";"'
assert_status 0
python3 - "$OUT_FILE" <<'PY'
import csv, sys
rows = list(csv.DictReader(open(sys.argv[1], newline=""), delimiter=";"))
assert len(rows) == 1 and rows[0]["name"] == 'Say "oat", please; now', rows
assert rows[0]["barcodes"].split() == ["111", "222"], rows
PY
tssh ann 'export movements --type IN'
assert_equal 2 "$(wc -l <"$OUT_FILE")"
python3 - "$OUT_FILE" <<'PY'
import csv, sys
rows = list(csv.DictReader(open(sys.argv[1], newline="")))
assert rows[0].get("cost", "") == "", rows
PY
tssh olga 'export movements --type IN'
assert_contains "$OUT" '0.70'
tssh ann 'export inventory --store S002'
assert_status 65
tssh ann 'export users'
assert_status 77
tssh ann 'export products --low'
assert_status 64
tssh ann 'export everything'
assert_status 65
tssh ann 'export products --delimiter x'
assert_status 65
tssh ann 'export products --format json'
assert_status 64
printf 'export products\n' >"$TEST_DIR/lines"
tssh ann batch <"$TEST_DIR/lines"
assert_status 1

# ---- A client that does not read, and one that leaves: the server goes on
tssh ann 'export products' >/dev/null | head -c 100 >/dev/null || true
tssh ann 'whoami'
assert_status 0
test_done
