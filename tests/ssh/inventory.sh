#!/bin/bash
# What there is, what there was, and what happened, as people and scripts ask for it.
# shellcheck source=tests/lib/server.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../lib/server.sh"
server_start
must admin 'store add S001 --name "Main Street" --timezone Asia/Tokyo'
must admin 'store add S002 --name Harbour'
must admin 'product add OAT-1 --name "Oat milk 1 l" --category Milk --price 1.99'
must admin 'product add OAT-2 --name "Oat drink, barista" --category Milk'
must admin 'product add RICE --name "Rice, loose" --unit kg'
new_user ann '--role staff --store S001'
new_user olga '--role owner --store S001 --store S002'
must ann 'stock-in OAT-1 5'
must ann 'stock-in OAT-2 7'
must ann 'stock-in RICE 2.25'
must olga 'stock-in OAT-1 9 --store S002'

rows() { # ARGUMENTS — the SKUs of what inventory shows, joined
    tssh "$@" --format csv
    assert_status 0
    tail -n +2 "$OUT_FILE" | cut -d, -f1,2 | tr -d '\r' | tr '\n' ' '
}
assert_equal 'S001,OAT-1 S001,OAT-2 S001,RICE ' "$(rows ann inventory)"
assert_equal 'S001,OAT-1 ' "$(rows ann 'inventory --search "oat mil"')"
assert_equal 'S001,OAT-1 S001,OAT-2 ' "$(rows ann 'inventory --search OAT-')"
assert_equal 'S001,OAT-2 ' "$(rows ann 'inventory --search BARISTA')"
assert_equal '' "$(rows ann 'inventory --search ilk')"
assert_equal 'S001,OAT-1 S001,OAT-2 ' "$(rows ann 'inventory --category Milk')"
assert_equal 'S001,OAT-1 S002,OAT-1 ' "$(rows olga 'inventory --all-stores --search milk')"
assert_equal 'S001,OAT-1 S001,OAT-2 S001,RICE S002,OAT-1 ' "$(rows olga 'inventory --all-stores')"

# ---- As of a moment in between: by when it was recorded, not by when it happened
moment=$(sql "SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')")
must ann 'sell OAT-1 2 --at -3d --ref late'
must ann 'stock-in OAT-2 1'
must admin 'product add NEW --name New'
must ann 'stock-in NEW 1'
tssh ann "inventory --as-of $moment --product OAT-1 --format json"
assert_json 'row["quantity"] == 5'
tssh ann 'inventory --product OAT-1 --format json'
assert_json 'row["quantity"] == 3'
assert_equal 'S001,OAT-1 S001,OAT-2 S001,RICE ' "$(rows ann "inventory --as-of $moment")"
assert_equal '' "$(rows ann 'inventory --as-of 2020-01-01T00:00:00Z')"
tssh ann 'inventory --as-of today --updated-from today'
assert_status 64

# ---- What happened, by when it happened
tssh ann 'movements --from -4d --to -2d --format json'
assert_json 'row["ref"] == "late" and row["quantity"] == -2'
tssh ann 'movements --from -1h --format csv'
assert_equal 6 "$(wc -l <"$OUT_FILE")"
assert_lacks "$OUT" late
tssh ann 'stock-movements --product OAT-1 --to -2d --format json'
assert_json 'row["ref"] == "late"'
assert_ledger_is_sound
test_done
