#!/bin/bash
# Returns, counts, transfers, receipts and reversals as people and scripts say them.
# shellcheck source=tests/lib/server.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../lib/server.sh"
server_start
must admin 'store add S001 --name "Main Street"'
must admin 'store add S002 --name "Harbour"'
must admin 'product add A-1 --name Lamp'
must admin 'product add T-1 --name Tea --unit kg'
new_user ann '--role staff --store S001'
new_user bo '--role staff --store S002'

must ann 'stock-in A-1 10'
tssh ann 'return A-1 2 --format json'
assert_status 0
assert_json 'row["command"] == "return" and row["quantity"] == 2 and row["balance"] == 12 and row["seq"] == 2'
tssh ann 'return A-1 0'
assert_status 65

# ---- Counting while the store goes on selling
tssh ann 'count A-1 11 --session "Autumn 2026" --format json'
assert_json 'row["quantity"] == -1 and row["balance"] == 11'
tssh ann 'count A-1 11 --session "Autumn 2026" --format json'
assert_json 'row["quantity"] == 0 and row["balance"] == 11 and row["seq"] == 4'
tssh ann 'count T-1 0.5'
assert_equal 'corrected by 0.5 of T-1 in S001, balance 0.5 (seq 5)' "$OUT"
tssh ann 'count T-1 0'
assert_status 0
for wrong in 'A-1 -1' 'A-1 1.5' 'A-1 x' "A-1 1 --session ''" "A-1 1 --session $(printf 'x%.0s' {1..65})"; do
    tssh ann "count $wrong"
    assert_status 65
done

# ---- A transfer, seen from both sides
tssh ann 'transfer A-1 5'
assert_status 64
tssh ann 'transfer A-1 5 --to S001'
assert_status 65
tssh ann 'transfer A-1 5 --to S009'
assert_status 65
tssh ann 'transfer A-1 12 --to S002'
assert_status 1
tssh ann 'transfer A-1 5 --to S002 --format json'
assert_json 'row["quantity"] == -5 and row["balance"] == 6 and row["transfer"] == "S001:%d" % row["seq"]'
transfer=$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["transfer"])' "$OUT_FILE")
tssh ann "receive $transfer"
assert_status 65
assert_contains "$ERR" unknown-movement
tssh bo "receive $transfer 6"
assert_status 65
tssh bo "receive $transfer 4"
assert_status 0
assert_contains "$OUT" 'received 4 of A-1 in S002, balance 4 (seq 1), 1 lost on the way, posted in S001'
tssh bo "receive $transfer"
assert_status 65
for wrong in S001 S001: S001:0 S001:x S001:99 ':1' 'S001:1:2'; do
    tssh bo "receive $wrong"
    assert_status 65
done
tssh admin 'movements --store S001 --type remove --format json'
assert_json 'row["reason"] == "lost" and row["quantity"] == -1'

# ---- Taking back
tssh ann 'reverse 1'
assert_status 1
assert_contains "$ERR" insufficient-stock
tssh ann 'reverse 2 --note "wrong customer"'
assert_status 0
assert_matches "$OUT" '^took back seq 2: -2 of A-1 in S001, balance 4 '
tssh ann 'reverse 2'
assert_status 1
assert_contains "$ERR" already-reversed
tssh bo 'reverse 2'
assert_status 65
for wrong in 0 -1 x 99999; do
    tssh ann "reverse $wrong"
    assert_status 65
done
tssh admin 'movements --store S001 --format json'
assert_json 'row["reverses"] == 2 and row["type"] == "RETURN" and row["note"] == "wrong customer"'

# ---- In a batch a line may name what a line before it did
tssh admin batch --format json < <(printf '%s\n' 'use S002' 'stock-in T-1 3' 'sell T-1 1' 'reverse 3' 'transfer T-1 2 --to S001' \
    'use S001' 'receive S002:5' 'reverse 3 --store S002' '@x count T-1 7')
assert_status 1
assert_json '[r["ok"] for r in rows] == [True, True, True, True, True, True, True, False, True]'
assert_json 'rows[7]["error"] == "already-reversed" and rows[8]["balance"] == 7 and rows[8]["tag"] == "x"'

# ---- Refs hold for them too
for again in false true; do
    tssh bo 'transfer A-1 1 --to S001 --ref T-1 --format json'
    assert_json "row['replayed'] is ${again^}"
done
tssh bo 'transfer A-1 1 --to S002 --ref T-1'
assert_status 65

assert_ledger_is_sound
test_done
