# shellcheck shell=bash
# For the tests that break something in the middle of a batch and run it again: sourced after tests/lib/server.sh.
# Every line must be posted once, and every answer that any run gave must be the one that all others gave.

BATCH_LINES=${BATCH_LINES:-30000}
BATCH_KEY=again
BATCH_REPLAYED=0 # results that were replays, of the last batch that was finished
RUNS=0

# Two stores, a stock that lasts, and the batch: receipts and sales of both stores in turn.
batch_prepare() {
    must admin store add S001 --name One
    must admin store add S002 --name Two
    must admin product add A-1 --name Lamp
    must admin product add A-2 --name Bulb
    awk -v lines="$BATCH_LINES" 'BEGIN {
        for (i = 1; i <= lines; i++)
            printf("%s A-%d %d --store S00%d\n", (i > 4 && i % 3 == 0) ? "sell" : "stock-in", 1 + i % 2,
                (i <= 4) ? lines : 1, 1 + int(i / 2) % 2)
    }' >"$TEST_DIR/lines"
}

# One run in the background; its answers go to TEST_DIR/run.KEY.N.
batch_start() {
    RUNS=$((RUNS + 1))
    ssh -F "$SERVER_DIR/ssh_config" -o BatchMode=yes admin@stockroom batch --key "$BATCH_KEY" --format json \
        <"$TEST_DIR/lines" >"$TEST_DIR/run.$BATCH_KEY.$RUNS" 2>"$TEST_DIR/run.$BATCH_KEY.$RUNS.err" &
    BATCH_PID=$!
}

# Has the run that was started answered at least so many lines (or ended)?
batch_answered() { # COUNT
    (($(wc -l <"$TEST_DIR/run.$BATCH_KEY.$RUNS") >= $1)) || ! kill -0 "$BATCH_PID" 2>/dev/null
}

batch_wait() {
    STATUS=0
    wait "$BATCH_PID" || STATUS=$?
}

# Run it as often as it takes, as a script would; then prove it.
batch_finish() {
    local deadline=$((SECONDS + TEST_WAIT_SECONDS))
    while batch_start; batch_wait; ((STATUS != 0 && SECONDS < deadline)); do :; done
    assert_status 0
    assert_equal "$BATCH_LINES" "$(sql "SELECT count(*) FROM stock_movements JOIN ledger_batches USING (store_id, batch_id)
        WHERE batch_key = '$BATCH_KEY'")" movements
    batch_compare
}

# No line was ever answered in two ways, the last run answered all, no two lines have one movement.
batch_compare() {
    ASSERTIONS=$((ASSERTIONS + 1))
    BATCH_REPLAYED=$(
        python3 - "$BATCH_LINES" "$TEST_DIR/run.$BATCH_KEY".*[0-9] <<'PY'
import json, sys
first = {}
replayed = 0
for path in sys.argv[2:]:
    for text in open(path, encoding="utf-8"):
        if not text.endswith("\n"):
            break  # cut in the middle of an answer
        row = json.loads(text)
        if not row["ok"]:
            if row["error"] not in ("database-unavailable", "busy"):
                sys.exit(f"{path}: {text}")
            continue
        answer = (row["store"], row["sku"], row["seq"], row["quantity"], row["balance"])
        if first.setdefault(row["line"], answer) != answer:
            sys.exit(f"line {row['line']}: {first[row['line']]} and {answer}")
        replayed += row["replayed"]
if len(first) != int(sys.argv[1]):
    sys.exit(f"{len(first)} lines were answered")
if len({(a[0], a[2]) for a in first.values()}) != len(first):
    sys.exit("two lines have one seq")
print(replayed)
PY
    ) || fail "the answers of the runs do not agree"
}

# The whole of a test that breaks one batch: prove the ledger, and that it was broken in the middle.
batch_prove() {
    batch_finish
    assert_ledger_is_sound
    assert_equal "$BATCH_LINES" "$(sql 'SELECT count(*) FROM stock_movements')" 'movements in all'
    ASSERTIONS=$((ASSERTIONS + 1))
    ((BATCH_REPLAYED > 0)) || fail "nothing was replayed: the batch was over before it was broken"
}
