#!/bin/bash
# Fifty sessions sell the last of one product at once, one line at a time and in batches: what is there is sold, not one more,
# and every answer is true.
# shellcheck source=tests/lib/server.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../lib/server.sh"
server_start '[limits]' 'unauthenticated = 1000' 'unauthenticated_per_source = 1000'

SESSIONS=50 LINES=40 STOCK=1500
must admin store add S001 --name One
must admin store add S002 --name Two
must admin product add HOT --name Hot
must admin product add COLD --name Cold
must admin stock-in HOT $STOCK --store S001

# Every session also receives in another store, so that each transaction takes two.
lines() {
    awk -v lines=$LINES 'BEGIN { for (i = 1; i <= lines; i++) print "sell HOT 1 --store S001\nstock-in COLD 1 --store S002" }'
}
lines >"$TEST_DIR/lines"
pids=()
for i in $(seq $SESSIONS); do
    ssh -F "$SERVER_DIR/ssh_config" -o BatchMode=yes admin@stockroom batch --format json <"$TEST_DIR/lines" \
        >"$TEST_DIR/answers.$i" 2>/dev/null &
    pids+=($!)
done
for pid in "${pids[@]}"; do
    wait "$pid" || true # exit 1: some of its lines were refused
done

cat "$TEST_DIR"/answers.* >"$OUT_FILE"
OUT='(the answers of all sessions)'
assert_json "len(rows) == 2 * $SESSIONS * $LINES"
assert_json "sum(r['ok'] for r in rows if r['command'] == 'sell') == $STOCK"
assert_json "all(r['ok'] or r['error'] == 'insufficient-stock' for r in rows)"
assert_json "sorted(r['balance'] for r in rows if r['ok'] and r['command'] == 'sell') == list(range($STOCK))"
assert_json "sorted(r['seq'] for r in rows if r['ok'] and r['store'] == 'S002') == list(range(1, $SESSIONS * $LINES + 1))"
assert_equal 0 "$(sql "SELECT quantity FROM inventory JOIN products USING (product_id) WHERE sku = 'HOT'")" "what is left"
assert_ledger_is_sound
assert_lacks "$(cat "$SERVER_DIR/server.log")" deadlock
test_done
