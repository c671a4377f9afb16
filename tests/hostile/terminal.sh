#!/bin/bash
# Terminals that are none (terminal.py).
# shellcheck source=tests/hostile/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"
hostile_start
hostile_run terminal.py
assert_lacks "$(cat "$SERVER_DIR/server.log")" owned
test_done
