#!/bin/bash
# The reports as people and scripts ask for them; that their numbers are right is tested in tests/database/test_reports.c.
# shellcheck source=tests/lib/server.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../lib/server.sh"
server_start
must admin 'store add S001 --name "Main Street" --timezone Europe/Berlin'
must admin 'store add S002 --name "Harbour" --timezone America/New_York --currency USD'
must admin 'product add A-1 --name Lamp --category Light --price 20'
must admin 'product add T-1 --name Tea --unit kg --price 12.50'
new_user olga '--role owner --store S001 --store S002'
new_user ann '--role staff --store S001'

must admin batch < <(printf '%s\n' 'use S001' 'stock-in A-1 10 --cost 8' 'stock-in T-1 4 --cost 5' 'sell A-1 3' 'return A-1 1' \
    'sell T-1 0.5' 'remove T-1 0.25 --reason expired' 'count A-1 7 --session "Autumn 2026"' 'sell A-1 2 --at 2026-03-29T00:30:00Z' \
    'sell A-1 1 --at 2026-03-28T23:00:00Z' 'use S002' 'stock-in A-1 10 --cost 9' 'sell A-1 2 --at 2026-03-29T00:30:00Z')

# ---- Sales
tssh olga 'report sales --from 2026-03-01 --to 2026-04-01 --all-stores --format json'
assert_status 0
assert_json '[(r["day"], r["currency"], r["quantity"], r["revenue"], r["cost"], r["margin"], r["margin_percent"]) for r in rows] == [
    ("2026-03-28", "USD", 2, "40.00", "18.00", "22.00", 55.0), ("2026-03-29", "EUR", 3, "60.00", "24.00", "36.00", 60.0)]'
tssh ann 'report sales --from 2026-03-29 --to 2026-03-30 --by product --format csv'
assert_status 0
assert_equal $'sku,name,category,unit,currency,quantity,returned,net,revenue,cost,margin,margin_percent\r
A-1,Lamp,Light,each,EUR,3,0,3,60.00,,,\r' "$OUT"
tssh ann 'report sales --by category'
assert_status 0
assert_contains "$OUT" '(none)    EUR            0.5         0  0.5     6.25'
assert_contains "$OUT" 'Light     EUR              3         1    2    40.00'
assert_contains "$OUT" 'total     EUR            3.5         1  2.5    46.25'
tssh olga 'report sales --store S001 --by user --from today --format json'
assert_json 'row["user"] == "admin" and row["net"] == 2.5 and row["revenue"] == "46.25"'

# ---- The others
tssh olga 'report top-sellers --all-stores --from 2026-03-01 --by quantity --format json'
assert_json '[(r["rank"], r["currency"], r["sku"]) for r in rows] == [(1, "EUR", "A-1"), (1, "USD", "A-1"), (2, "EUR", "T-1")]'
tssh olga 'report shrinkage --store S001 --format json'
assert_json '[(r["reason"], r["quantity"], r["value"]) for r in rows] == [("count", 1, "8.00"), ("expired", 0.25, "1.25")]'
tssh ann 'report variance --session "Autumn 2026" --format json'
assert_json 'row["counted"] == 7 and row["expected"] == 8 and row["variance"] == -1 and row["value"] is None'
tssh olga 'report variance --store S001 --session "Autumn 2026" --format json'
assert_json 'row["value"] == "-8.00"'
tssh ann 'report on-hand --format json'
assert_json '[(r["sku"], r["on_hand"], r["in_transit"]) for r in rows] == [("A-1", 4, 0), ("T-1", 3.25, 0)]'
tssh olga 'report valuation --all-stores --format json'
assert_json '[(r["store"], r["currency"], r["value"]) for r in rows] == [("S001", "EUR", "48.25"), ("S002", "USD", "72.00")]'
tssh olga 'report valuation --all-stores'
assert_matches "$OUT" 'total +EUR +48\.25'
assert_matches "$OUT" 'total +USD +72\.00'
tssh olga 'report turnover --store S001 --from today --format json'
assert_json 'row["cost"] == "18.50" and row["average_value"] == "48.25" and str(row["turns"]) == "0.38" and str(row["days_of_cover"]) == "2.6"'
tssh olga 'report dead-stock --store S002 --format json'
assert_json 'row["sku"] == "A-1" and row["on_hand"] == 8 and row["value"] == "72.00"'
sql "UPDATE inventory SET reorder_point = 5000 WHERE product_id = (SELECT product_id FROM products WHERE sku = 'A-1')"
must olga 'transfer A-1 1 --to S001 --store S002'
tssh olga 'report low-stock --all-stores --format json'
assert_json 'row["store"] == "S001" and row["on_hand"] == 4 and row["in_transit"] == 1 and row["missing"] == 0'

# ---- Pages, in a batch too
tssh olga 'report sales --all-stores --from 2026-03-01 --by day --limit 1 --format json'
assert_json 'rows[0]["day"] == "2026-03-28" and "after" in rows[1]'
tssh olga batch --format json < <(printf '%s\n' 'use S001' '@q report on-hand' 'report valuation')
assert_json '[r.get("tag") for r in rows] == [None, "q", "q", "q", None, None] and rows[3]["rows"] == 2'

# ---- What one may not see
tssh ann 'report valuation'
assert_status 77
tssh ann 'report sales --store S002'
assert_status 65
assert_contains "$ERR" unknown-store
tssh ann 'report sales --all-stores --from 2026-03-01 --by store --format json'
assert_json 'len(rows) == 1 and row["store"] == "S001" and row["cost"] is None and row["margin"] is None'
tssh olga 'report sales'
assert_status 64
for wrong in '--by colour' '--from noon' '--from today --to yesterday' '--after zzz' '--limit x'; do
    tssh ann "report sales $wrong"
    assert_status 65
done
tssh ann 'report nothing'
assert_status 64
tssh ann 'help report'
assert_status 0
assert_contains "$OUT" 'report dead-stock'

assert_ledger_is_sound
test_done
