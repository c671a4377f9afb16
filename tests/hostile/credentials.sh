#!/bin/bash
# Keys, signatures, names, passwords and methods that open nothing (credentials.py).
# shellcheck source=tests/hostile/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"
hostile_start
hostile_run credentials.py
assert_lacks "$(cat "$SERVER_DIR/server.log")" 'password-of'
assert_lacks "$(cat "$SERVER_DIR/server.log")" owned
test_done
