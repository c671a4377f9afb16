#!/bin/bash
# Sources that fail, stall or crash are refused for a while, in plain words; others are not, nor are exempt ones.
# shellcheck source=tests/lib/server.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../lib/server.sh"
# shellcheck source=tests/ssh/door_lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/door_lib.sh"
server_start '[penalties]' 'login_failure_seconds = 3' 'no_login_seconds = 0' 'enforce_seconds = 6' 'most_seconds = 8'

REFUSED='Too many failed attempts from your address, try again in [1-8] seconds'
told() { # FROM — the door refuses
    knock look "$1"
    [[ $OUT =~ ^$REFUSED$ ]]
}
let_in() { # FROM
    knock look "$1"
    [[ $OUT == SSH-2.0-* ]]
}

# Six wrong passwords, and the next connection from there is refused before SSH begins, which ssh shows.
assert_until let_in 127.0.0.9
fail_logins 6 -o BindAddress=127.0.0.9
fssh 127.0.0.9 admin whoami
assert_status 255
assert_matches "$ERR" "$REFUSED"
assert_until log_has '"connection.refused"' '"source":"127.0.0.9"' 'Too many failed attempts'
assert_until log_has '"source.penalised"' '"source":"127.0.0.9"'

# Others come in; and so does an exempt source, whatever it does.
fssh 127.0.0.10 admin whoami
assert_status 0
for _ in 1 2 3; do
    fail_logins 6 -o BindAddress=127.0.0.1
done
tssh admin whoami
assert_status 0

# Time takes it away again. Who is refused stays so until nothing is left, and has all tries again then.
fail_logins 6 -o BindAddress=127.0.0.11
knock seconds 127.0.0.11
assert_status 0
assert_matches "$OUT" '^[2-8]'
assert_equal "$OUT" "$(sort -rn <<<"$OUT")"
assert_matches "${OUT: -1}" '[1-5]' # less than what it takes to be refused
fssh 127.0.0.11 admin whoami
assert_status 0
assert_until let_in 127.0.0.9

# SIGHUP reads other prices. Leaving without a try costs now, but not who has a session there that has logged in.
server_reload '[penalties]' 'no_login_seconds = 8' 'login_failure_seconds = 0'
knock look 127.0.0.12
assert_matches "$OUT" '^SSH-2.0-'
assert_until told 127.0.0.12
mkfifo "$TEST_DIR/hold"
ssh -F "$SERVER_DIR/ssh_config" -o BatchMode=yes -o BindAddress=127.0.0.13 admin@stockroom batch <"$TEST_DIR/hold" \
    >"$TEST_DIR/batch" 2>&1 &
exec 5>"$TEST_DIR/hold"
echo whoami >&5
has_answered() { [[ -s $TEST_DIR/batch ]]; }
assert_until has_answered
for number in 1 2 3; do
    knock look 127.0.0.13
    assert_matches "$OUT" '^SSH-2.0-'
    have_ended() { (($(log_count '"session.ended"' '"source":"127.0.0.13"') >= number)); }
    assert_until have_ended
done
exec 5>&-
wait $!

# And so does being too late,
server_reload '[limits]' 'login_grace_seconds = 1' '[penalties]' 'no_login_seconds = 0' 'grace_seconds = 8'
knock knock 127.0.0.14
assert_until told 127.0.0.14

# and what makes a session crash, or makes it say what it must not.
server_reload '[limits]' 'login_grace_seconds = 60' '[penalties]' 'crash_seconds = 8'
hold 127.0.0.15 1
assert_matches "$OUT" '^SSH-2.0-'
session=''
session_is_alone() {
    session=$(pgrep -P "$SERVER_PID" -x stockroomd)
    [[ $session =~ ^[0-9]+$ ]]
}
assert_until session_is_alone
kill -SEGV "$session"
assert_until told 127.0.0.15
assert_until log_has '"session.crashed"' '"source":"127.0.0.15"'
release

# The end of core is nobody's fault at the door: neither crash nor missing login.
server_reload '[penalties]' 'no_login_seconds = 8'
hold 127.0.0.16 1
assert_matches "$OUT" '^SSH-2.0-'
pkill -KILL -P "$SERVER_PID" -x stockroomd-core
core_is_back() { (($(log_count '"core.up"') == 2)); }
assert_until core_is_back
release
session_has_ended() { log_has '"session.ended"' '"source":"127.0.0.16"'; }
assert_until session_has_ended
assert_equal 0 "$(log_count '"source.penalised"' '127.0.0.16')"
knock look 127.0.0.16
assert_matches "$OUT" '^SSH-2.0-'
test_done
