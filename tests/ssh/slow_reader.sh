#!/bin/bash
# Clients that never read: their session stops, in bounded memory, and the others do not notice.
# shellcheck source=tests/lib/server.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../lib/server.sh"
server_start

must admin store add S001 --name One
new_user ann '--role staff --store S001'
tssh admin batch < <(for ((i = 0; i < 2000; i++)); do echo "product add P-$i --name 'A product with quite a long name, number $i'"; done)
assert_status 0
tssh admin batch --store S001 < <(for ((i = 0; i < 2000; i++)); do echo "stock-in P-$i 1000"; done)
assert_status 0
core=$(pgrep -P "$SERVER_PID" -f stockroomd-core)
memory_kib() { awk '/^VmRSS/ { print $2 }' "/proc/$core/status"; }
before=$(memory_kib)

# Twenty clients ask for all there is, thousands of times, and stop reading. A stopped ssh reads nothing.
clients=()
yes 'inventory --limit 2000 --format json' | head -n 5000 >"$TEST_DIR/questions" || true
for i in {1..20}; do
    ssh -F "$SERVER_DIR/ssh_config" -o BatchMode=yes ann@stockroom batch <"$TEST_DIR/questions" >"$TEST_DIR/out-$i" 2>/dev/null &
    clients+=($!)
done
has_started() {
    local i
    for i in {1..20}; do [[ -s $TEST_DIR/out-$i ]] || return 1; done
}
assert_until has_started
kill -STOP "${clients[@]}"

# The till beside them is served as ever.
for i in {1..30}; do
    tssh ann sell "P-$i" 1
    assert_status 0
done
grown=$(($(memory_kib) - before))
((grown < 200 * 1024)) || fail "core grew by $grown KiB"
for session in $(pgrep -P "$SERVER_PID"); do
    [[ $session == "$core" ]] && continue
    size=$(awk '/^VmRSS/ { print $2 }' "/proc/$session/status" 2>/dev/null || echo 0)
    ((${size:-0} < 64 * 1024)) || fail "a session has $size KiB"
done

# They read on, and get on.
size_1=$(stat -c %s "$TEST_DIR/out-1")
kill -CONT "${clients[0]}"
goes_on() { (($(stat -c %s "$TEST_DIR/out-1") > size_1 + 4000000)); }
assert_until goes_on
kill -CONT "${clients[@]}"
kill "${clients[@]}"
for client in "${clients[@]}"; do wait "$client" || true; done
must ann whoami
assert_ledger_is_sound
test_done
