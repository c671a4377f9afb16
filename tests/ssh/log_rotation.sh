#!/bin/bash
# A log file that is moved away and SIGHUP: every process goes on in the new one, and nothing is lost.
# shellcheck source=tests/lib/server.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../lib/server.sh"
server_start '[server]' 'log = rotated.log'
log=$SERVER_DIR/rotated.log
must admin whoami
mv "$log" "$log.1"
kill -HUP "$SERVER_PID"
core_is_in_new_file() { [[ -e $log ]] && grep -q '"process":"core".*"log.redirected"' "$log"; }
assert_until core_is_in_new_file
opened_before=$(grep -c '"session.open".*"user":"admin"' "$log.1")
must admin whoami
core_told() { grep -q '"process":"core".*"session.open"' "$log"; }
front_told() { grep -q '"process":"front".*"session.ended"' "$log"; }
assert_until core_told
assert_until front_told
assert_equal "$opened_before" "$(grep -c '"session.open".*"user":"admin"' "$log.1")" "lines of the old file"
test_done
