#!/bin/bash
# Exactly once: refs, batch keys, atomic batches, and links that are cut in the middle of a batch.
# shellcheck source=tests/lib/server.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../lib/server.sh"
server_start

must admin store add S001 --name One
must admin store add S002 --name Two
for sku in A-1 A-2 A-3; do must admin product add "$sku" --name "Product-$sku"; done
new_user bob '--role owner --store S001 --store S002'
count() { sql 'SELECT count(*) FROM stock_movements'; }

# ---- --ref
must bob stock-in A-1 100 --store S001 --ref delivery-1
tssh bob stock-in A-1 100 --store S001 --ref delivery-1 --format json
assert_status 0
assert_json "row['replayed'] is True and row['seq'] == 1 and row['balance'] == 100"
tssh bob stock-in A-1 100 --store S001 --ref delivery-1
assert_equal 'received 100 of A-1 in S001, balance 100 (seq 1, replayed)' "$OUT"
tssh bob stock-in A-1 101 --store S001 --ref delivery-1
assert_status 1
assert_contains "$ERR" ref-conflict
tssh bob sell A-1 100 --store S001 --ref delivery-1
assert_status 1
assert_contains "$ERR" ref-conflict
tssh bob stock-in A-1 100 --store S002 --ref delivery-1 --format json
assert_json "row['replayed'] is False" # a ref belongs to its store
assert_equal 2 "$(count)" movements
tssh bob sell A-1 1 --store S001 --ref "'a b'"
assert_status 65

# ---- batch --key: the same again, and with more lines
lines() { for ((i = 1; i <= $1; i++)); do echo "sell A-1 1 --store S001"; done; }
tssh bob batch --key till-9 --format json < <(lines 10)
assert_status 0
cp "$OUT_FILE" "$TEST_DIR/first"
tssh bob batch --key till-9 --format json < <(lines 10)
assert_status 0
assert_contains "$ERR" 'batch: 10 lines, 10 ok, 0 failed, 10 replayed'
assert_equal "$(sed 's/"replayed":false/"replayed":true/' "$TEST_DIR/first")" "$OUT" "replayed results"
tssh bob batch --key till-9 --format json < <(lines 15)
assert_contains "$ERR" 'batch: 15 lines, 15 ok, 0 failed, 10 replayed'
tssh bob batch --key till-9 --format json < <(lines 9; echo 'sell A-1 2 --store S001')
assert_status 1
assert_json "rows[9]['error'] == 'ref-conflict'"
# a line's ref is KEY:LINE, however it is given
tssh bob sell A-1 1 --store S001 --ref till-9:3 --format json
assert_json "row['replayed'] is True and row['seq'] == 4"
tssh bob movements --ref till-9:3 --store S001 --format json
assert_json "[(r['seq'], r['ref']) for r in rows] == [(4, 'till-9:3')]"
# a failure is no posting: the line may succeed later
tssh bob batch --key late < <(printf '%s\n' 'stock-in A-2 1 --store S001' 'sell A-2 5 --store S001')
assert_status 1
must bob stock-in A-2 10 --store S001
tssh bob batch --key late --format json < <(printf '%s\n' 'stock-in A-2 1 --store S001' 'sell A-2 5 --store S001')
assert_status 0
assert_json "[r['replayed'] for r in rows] == [True, False]"

# ---- --atomic
before=$(count)
tssh bob batch --atomic --format json < <(printf '%s\n' 'use S001' 'stock-in A-3 5' 'sell A-3 2' 'sell A-3 4' 'sell A-3 1')
assert_status 1
assert_json "[r.get('error') for r in rows[1:]] == ['insufficient-stock'] * 4"
assert_json "rows[1]['message'] == 'not posted: line 4 failed' and 'asked' in rows[3]['message']"
assert_equal "$before" "$(count)" "an atomic batch that failed"
tssh bob batch --atomic --store S001 --format json < <(printf '%s\n' 'stock-in A-3 5' 'sell A-3' 'inventory' 'sell A-3 1')
assert_status 1
assert_json "[r['error'] for r in rows] == ['usage'] * 4 and rows[0]['message'] == 'not posted: line 2 failed'"
assert_equal "$before" "$(count)" "an atomic batch with a line that makes no sense"
for again in False True; do
    tssh bob batch --atomic --key atom-1 --format json < <(printf '%s\n' '# two stores' 'stock-in A-3 5 --store S001' 'stock-in A-3 5 --store S002' 'sell A-3 5 --store S001')
    assert_status 0
    assert_json "[r['line'] for r in rows] == [2, 3, 4] and all(r['replayed'] is $again for r in rows)"
done
assert_equal "$((before + 3))" "$(count)" "an atomic batch, twice"

# ---- Cut links: the client killed at some line, again and again, then run to the end
total=30000
seq 1 $total | sed 's/.*/stock-in A-2 1 --store S002/' >"$TEST_DIR/lines"
for stop in 1 700 5000 12000; do
    timeout 120 ssh -F "$SERVER_DIR/ssh_config" -o BatchMode=yes bob@stockroom batch --key cut-1 --format json \
        <"$TEST_DIR/lines" 2>/dev/null | head -n "$stop" >"$TEST_DIR/part-$stop" || true
    assert_equal "$stop" "$(wc -l <"$TEST_DIR/part-$stop")" "results before the cut"
done
tssh bob batch --key cut-1 --format json <"$TEST_DIR/lines"
assert_status 0
assert_equal $total "$(wc -l <"$OUT_FILE")" "results"
for stop in 1 700 5000 12000; do
    assert_equal "$(sed 's/"replayed":false/"replayed":true/' "$TEST_DIR/part-$stop" | md5sum)" \
        "$(head -n "$stop" "$OUT_FILE" | sed 's/"replayed":false/"replayed":true/' | md5sum)" "the first $stop results"
done
assert_equal $total "$(sql "SELECT quantity / 1000 FROM inventory i JOIN stores USING (store_id) JOIN products USING (product_id)
    WHERE code = 'S002' AND sku = 'A-2'")" "balance after the cuts"

# ---- Many at once with one key: as if it had been one
racers=()
for i in 1 2 3 4; do
    timeout 120 ssh -F "$SERVER_DIR/ssh_config" -o BatchMode=yes bob@stockroom batch --key race --format json \
        < <(for ((n = 0; n < 500; n++)); do echo 'stock-in A-3 1 --store S002'; done) >"$TEST_DIR/race-$i" 2>&1 &
    racers+=($!)
done
wait "${racers[@]}"
for i in 1 2 3 4; do
    assert_equal 500 "$(grep -c '"ok":true' "$TEST_DIR/race-$i")" "results of racer $i"
done
assert_equal 500 "$(sql "SELECT count(*) FROM stock_movements m JOIN ledger_batches b USING (store_id, batch_id) WHERE batch_key = 'race'")" "movements of the race"

assert_ledger_is_sound
test_done
