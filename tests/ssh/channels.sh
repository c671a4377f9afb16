#!/bin/bash
# Channels of one connection: one after another as many as one likes, at the same time only one; and 1,000 asked for at once.
# shellcheck source=tests/lib/server.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../lib/server.sh"
server_start

must admin store add S001 --name One
must admin product add A-1 --name Lamp
new_user ann '--role staff --store S001'
must ann stock-in A-1 100000

master=(ssh -F "$SERVER_DIR/ssh_config" -o BatchMode=yes -o ControlPath="$TEST_DIR/mux")
timeout 200 "${master[@]}" -M -N ann@stockroom </dev/null >/dev/null 2>"$TEST_DIR/master-err" &
is_up() { "${master[@]}" -O check ann@stockroom 2>/dev/null; }
assert_until is_up

# One after another.
for i in {1..200}; do
    capture timeout 60 "${master[@]}" ann@stockroom sell A-1 1
    assert_status 0
done
assert_contains "$OUT" 'balance 99800'

# At the same time: the first has it, the others are refused, and it goes on undisturbed.
mkfifo "$TEST_DIR/fifo"
timeout 200 "${master[@]}" ann@stockroom batch --format json <"$TEST_DIR/fifo" >"$TEST_DIR/first-out" 2>/dev/null &
first=$!
exec 5>"$TEST_DIR/fifo"
echo 'sell A-1 1' >&5
has_line() { grep -q '"line":1' "$TEST_DIR/first-out"; }
assert_until has_line
asked=0
refused=0
askers=()
for i in {1..1000}; do
    timeout 60 "${master[@]}" -o ProxyCommand=false ann@stockroom whoami </dev/null >/dev/null 2>&1 &
    askers+=($!)
    if ((${#askers[@]} == 50)); then
        for asker in "${askers[@]}"; do
            asked=$((asked + 1))
            wait "$asker" || refused=$((refused + 1))
        done
        askers=()
    fi
done
assert_equal 1000 "$asked" "channels asked for"
assert_equal 1000 "$refused" "channels refused"
tssh ann whoami # others, by connections of their own
assert_status 0
echo 'sell A-1 1' >&5
exec 5>&-
status=0
wait "$first" || status=$?
assert_equal 0 "$status" "the first channel"
assert_equal 2 "$(grep -c '"ok":true' "$TEST_DIR/first-out")" "its answers"

# And then one by one again.
capture timeout 60 "${master[@]}" ann@stockroom whoami
assert_status 0
"${master[@]}" -O exit ann@stockroom 2>/dev/null || true
assert_ledger_is_sound
test_done
