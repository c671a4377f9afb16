#!/bin/bash
# Stopping and starting: SIGTERM answers what runs and says so, core's death is survived, batches go on where they stopped.
# shellcheck source=tests/lib/server.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../lib/server.sh"
server_start

must admin store add S001 --name One
must admin product add A-1 --name Lamp
new_user ann '--role staff --store S001'
balance() {
    sql "SELECT (coalesce(sum(quantity), 0) / 1000)::bigint FROM inventory"
}

# ---- SIGTERM in the middle of a batch
mkfifo "$TEST_DIR/fifo"
timeout 100 ssh -F "$SERVER_DIR/ssh_config" -o BatchMode=yes ann@stockroom batch --key stop --format json \
    <"$TEST_DIR/fifo" >"$TEST_DIR/first-out" 2>"$TEST_DIR/first-err" &
client=$!
exec 5>"$TEST_DIR/fifo"
for ((i = 0; i < 500; i++)); do echo 'stock-in A-1 1'; done >&5
has_begun() { [[ -s $TEST_DIR/first-out ]]; }
assert_until has_begun
server_stop TERM
assert_status 0
exec 5>&-
status=0
wait "$client" || status=$?
assert_equal 75 "$status" "exit status of a batch that was stopped"
assert_contains "$(cat "$TEST_DIR/first-err")" 'server is stopping'
answered=$(grep -c '"ok":true' "$TEST_DIR/first-out")
assert_equal "$(balance)" "$answered" "what posted and what was answered"

# ---- Started again, the same command goes on
server_launch
tssh ann batch --key stop --format json < <(for ((i = 0; i < 500; i++)); do echo 'stock-in A-1 1'; done)
assert_status 0
assert_equal 500 "$(balance)" "balance"
assert_contains "$ERR" "$answered replayed"

# ---- Core killed in the middle of a batch: front starts another, nothing is lost or done twice
seq 1 20000 | sed 's/.*/stock-in A-1 1/' >"$TEST_DIR/lines"
timeout 100 ssh -F "$SERVER_DIR/ssh_config" -o BatchMode=yes ann@stockroom batch --key crash --format json \
    <"$TEST_DIR/lines" >"$TEST_DIR/first-out" 2>"$TEST_DIR/first-err" &
client=$!
assert_until has_begun
kill -KILL "$(pgrep -P "$SERVER_PID" -f stockroomd-core)"
wait "$client" || true
works() {
    tssh ann whoami
    ((STATUS == 0))
}
assert_until works
tssh ann batch --key crash --format json <"$TEST_DIR/lines"
assert_status 0
assert_equal 20500 "$(balance)" "balance after the crash"
assert_equal "$(sed 's/"replayed":false/"replayed":true/; /}$/!d' "$TEST_DIR/first-out" | md5sum)" \
    "$(head -n "$(grep -c '}$' "$TEST_DIR/first-out")" "$OUT_FILE" | sed 's/"replayed":false/"replayed":true/' | md5sum)" \
    "the results before the crash and after it"

# ---- A configuration that cannot work is told at once
printf '%s\n' '[server]' 'nonsense = 1' >"$SERVER_DIR/bad.ini"
capture "$STOCKROOM_TEST_BIN/stockroomd" serve -c "$SERVER_DIR/bad.ini"
assert_status 64
assert_contains "$ERR" 'bad.ini:2'

# ---- A schema that is not this program's is not served
server_stop TERM
sql 'DELETE FROM schema_migrations' >/dev/null
capture timeout 60 bash -c 'cd "$1" && exec "$2/stockroomd" serve -c stockroom.ini' - "$SERVER_DIR" "$STOCKROOM_TEST_BIN"
assert_status 78
assert_contains "$ERR" migrate

test_done
