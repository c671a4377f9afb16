#!/bin/bash
# A session that stops answering front's pings is killed; others go on.
# shellcheck source=tests/lib/server.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../lib/server.sh"
server_start '[limits]' 'ping_seconds = 1' 'ping_timeout_seconds = 1'
must admin store add S001 --name One

sleep infinity | ssh -F "$SERVER_DIR/ssh_config" -o BatchMode=yes admin@stockroom batch >/dev/null 2>&1 &
client=$!
end_input() { pkill -P $$ -x sleep; }
TEST_AT_END=end_input
session=''
session_is_there() {
    session=$(pgrep -P "$SERVER_PID" -x stockroomd | head -n 1)
    [[ -n $session ]]
}
assert_until session_is_there
kill -STOP "$session"
has_gone() { ! kill -0 "$session" 2>/dev/null; }
assert_until has_gone
tssh admin whoami
assert_status 0
client_has_gone() { ! kill -0 "$client" 2>/dev/null; }
end_input || true
assert_until client_has_gone
assert_contains "$(cat "$SERVER_DIR/server.log")" '"session.killed"'
test_done
