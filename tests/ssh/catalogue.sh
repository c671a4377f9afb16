#!/bin/bash
# The catalogue and the stores as people keep them: prices of stores, reorder points, retiring and closing, what is refused and why.
# shellcheck source=tests/lib/server.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../lib/server.sh"
server_start
new_user olga '--role owner'
must admin 'store add S001 --name "Main Street" --owner olga'
must admin 'store add S002 --name Harbour --owner olga'
must admin 'store add S003 --name Elsewhere'
must admin 'product add A-1 --name "Lamp, brass" --barcode 4006381333931 --category Light --price 9.90'
must admin 'product add T-1 --name "Tea, green" --unit kg --price 30'
new_user ann '--role staff --store S001'

# ---- Prices: the store's own over the catalogue's, in what is shown and in what is sold
must ann 'stock-in A-1 10'
must olga 'product set 4006381333931 --price 8.50 --store S001'
tssh ann 'inventory --product A-1 --format json'
assert_json 'row["price"] == "8.50"'
tssh ann 'product show A-1 --format json'
assert_json 'row["price"] == "9.90" and row["stores"] == [{"store": "S001", "quantity": 10, "price": "8.50"}]'
tssh ann 'product show A-1'
assert_contains "$OUT" 'S001: 10 at 8.50'
must ann 'sell A-1 1 --ref first'
tssh ann 'movements --ref first --format json'
assert_json 'row["price"] == "8.50"'
must olga 'product set A-1 --price none --store S001'
must ann 'sell A-1 1 --ref second'
tssh ann 'movements --ref second --format json'
assert_json 'row["price"] == "9.90"'
tssh ann 'inventory --product A-1 --format json'
assert_json 'row["price"] == "9.90"'
tssh olga 'product set A-1 --price 1 --store S003'
assert_status 65
assert_contains "$ERR" unknown-store
tssh olga 'product set A-1 --price 1'
assert_status 77
tssh ann 'product set A-1 --price 1 --store S001'
assert_status 77

# ---- Reorder points
must olga 'reorder A-1 --point 8 --quantity 24 --store S001'
tssh ann 'inventory --low --format json'
assert_json 'row["sku"] == "A-1" and row["quantity"] == 8 and row["reorder_point"] == 8 and row["low"] is True'
tssh ann 'inventory --product A-1 --format json'
assert_json 'row["reorder_point"] == 8 and row["low"] is True'
tssh ann 'reorder A-1 --point 1'
assert_status 77
tssh olga 'reorder A-1 --point 1 --store S003'
assert_status 65

# ---- Retiring and closing wait until the stock is gone, wherever it is
must ann 'transfer A-1 3 --to S002'
tssh ann 'transfer list --out --format json'
assert_json 'row["transfer"].startswith("S001:") and row["to"] == "S002" and row["on_its_way"] == 3'
transfer=$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["transfer"])' "$OUT_FILE")
tssh admin 'product retire A-1'
assert_status 1
assert_contains "$ERR" "A-1 is still in stock: 5 in S001, 3 on the way as $transfer"
tssh admin 'store close S002'
assert_status 1
assert_contains "$ERR" "in-use"
must ann 'remove A-1 5 --reason damaged'
tssh admin 'product retire A-1'
assert_status 1
must olga "receive $transfer --store S002"
tssh ann 'transfer list --format json'
assert_equal '' "$OUT"
must olga 'sell A-1 3 --store S002'
must admin 'product retire A-1'
tssh ann 'stock-in A-1 1'
assert_status 1
assert_contains "$ERR" retired-product
tssh ann 'product list'
assert_lacks "$OUT" A-1
tssh ann 'product list --retired --format json'
assert_json 'row["sku"] == "A-1" and row["retired"] is True'
must admin 'product set A-1 --active'
must ann 'stock-in A-1 1'
must admin 'store close S002'
tssh olga 'stock-in A-1 1 --store S002'
assert_status 1
assert_contains "$ERR" closed-store
tssh ann 'transfer A-1 1 --to S002'
assert_status 1
tssh olga 'store show S002 --format json'
assert_json 'row["closed"] is True'
must admin 'store set S002 --open'
must olga 'stock-in A-1 1 --store S002'
tssh olga 'store show S003'
assert_status 65

# ---- Units and currencies, while nothing stands against it
must ann 'stock-in T-1 0.5'
tssh admin 'product set T-1 --unit each'
assert_status 1
must admin 'store set S003 --currency JPY'
tssh admin 'store set S001 --currency JPY'
assert_status 1
assert_contains "$ERR" 'its currency stays'

# ---- All of it is in the audit trail
tssh admin 'audit --target A-1 --format json'
for action in 'product add' 'product set' 'product retire' reorder; do
    assert_contains "$OUT" "\"action\":\"$action\""
done
tssh admin 'audit --action "store close" --format json'
assert_json 'row["target"] == "S002" and row["before"]["closed"] is False and row["after"]["closed"] is True'
tssh admin 'help transfer'
assert_contains "$OUT" 'send some of a product to another store'
assert_contains "$OUT" 'transfer list'
assert_ledger_is_sound
test_done
