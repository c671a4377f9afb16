#!/bin/bash
# How many may be there without having logged in, from one source; those who have do not count.
# shellcheck source=tests/lib/server.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../lib/server.sh"
# shellcheck source=tests/ssh/door_lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/door_lib.sh"
server_start '[limits]' 'unauthenticated_per_source = 3'

WORDS='Too many connections from your address that have not logged in, try again later'
hold 127.0.0.9 3
assert_equal 3 "$(grep -c '^SSH-2.0-' <<<"$OUT")"
knock knock 127.0.0.9
assert_told "$WORDS"
fssh 127.0.0.9 admin whoami
assert_status 255
assert_contains "$ERR" "$WORDS"
assert_until log_has '"connection.refused"' '"source":"127.0.0.9"' 'that have not logged in'
fssh 127.0.0.10 admin whoami
assert_status 0
release
can_log_in() {
    fssh 127.0.0.9 admin whoami
    ((STATUS == 0))
}
assert_until can_log_in

# Five that have logged in stay, one after another.
answers() { (($(cat "$TEST_DIR"/batch-* 2>/dev/null | grep -c .) >= number)); }
mkfifo "$TEST_DIR/hold"
exec 5<>"$TEST_DIR/hold"
ENDS=()
for number in 1 2 3 4 5; do
    ssh -F "$SERVER_DIR/ssh_config" -o BatchMode=yes -o BindAddress=127.0.0.9 admin@stockroom batch \
        < <(echo 'whoami --format json'; read -r _ <"$TEST_DIR/hold") >"$TEST_DIR/batch-$number" 2>&1 &
    ENDS+=($!)
    assert_until answers
done
fssh 127.0.0.9 admin whoami
assert_status 0

# With one more limit: all of one source.
server_reload '[limits]' 'sessions_per_source = 5'
knock knock 127.0.0.9
assert_told "Too many connections from your address, try again later"
printf '\n\n\n\n\n' >&5
wait "${ENDS[@]}"
assert_until can_log_in
test_done
