#!/bin/bash
# The listener's link falls silent without closing, as behind a firewall that forgot it: that is noticed, and sessions end all the
# same when their user may not go on. When it speaks again, so does the listener.
# shellcheck source=tests/lib/server.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../lib/server.sh"
# shellcheck source=tests/ssh/held.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../ssh/held.sh"
server_start
must admin store add S001 --name One
new_user ann '--role staff --store S001'

target=$(sql "SELECT split_part(current_setting('unix_socket_directories'), ',', 1) || '/.s.PGSQL.' || current_setting('port')")
mkdir "$TEST_DIR/proxy"
chmod 0755 "$TEST_DIR" "$TEST_DIR/proxy"
python3 "$(dirname -- "${BASH_SOURCE[0]}")/silent_proxy.py" "$TEST_DIR/proxy" "$target" "$TEST_DIR/silence" >"$TEST_DIR/proxy-out" &
proxy=$!
end_all() {
    kill "$proxy"
    held_clean_up
}
TEST_AT_END=end_all
assert_until test -s "$TEST_DIR/proxy-out"

server_stop TERM
printf '%s\n' "$SERVER_APP_DSN host=$TEST_DIR/proxy port=5432" | write_secret "$SERVER_DIR/dsn-server"
mark=$(wc -l <"$SERVER_DIR/server.log")
server_launch
logged() { tail -n "+$((mark + 1))" "$SERVER_DIR/server.log" | grep -q "\"event\":\"$1\""; }
assert_until logged access.fresh

held_start ann
touch "$TEST_DIR/silence"
must admin user disable ann
held_assert_ended ann 'Your account was disabled'
assert_until logged access.stale

mark=$(wc -l <"$SERVER_DIR/server.log")
rm "$TEST_DIR/silence"
assert_until logged access.fresh
must admin user enable ann
held_start ann
must admin user disable ann
held_assert_ended ann 'Your account was disabled'
test_done
