#!/bin/bash
# Core against a session process in the hands of an attacker (hostile_session.py), without SSH in between.
# shellcheck source=tests/lib/server.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../lib/server.sh"

server_create_database
server_configure core '[penalties]' 'account_failures = 1000'
SERVER_PORT=1
server_write_configuration
server_run migrate >"$SERVER_DIR/migrate.log" 2>&1 || fail "migrate: $(cat "$SERVER_DIR/migrate.log")"
psql -X -q -v ON_ERROR_STOP=1 -c "GRANT stockroom_server TO $SERVER_APP_ROLE" "$SERVER_DSN"
server_password admin | server_run user-add admin --role admin >"$SERVER_DIR/user-add.log" 2>&1 ||
    fail "user-add: $(cat "$SERVER_DIR/user-add.log")"

script=$(realpath "$(dirname -- "${BASH_SOURCE[0]}")")/hostile_session.py
cd "$SERVER_DIR" # the configuration names its files relative to it
capture timeout 200 python3 "$script" "$STOCKROOM_TEST_BIN/stockroomd-core" stockroom.ini server.log
printf '%s\n' "$OUT" "$ERR"
assert_status 0
assert_ledger_is_sound
test_done
