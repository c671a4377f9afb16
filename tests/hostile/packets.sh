#!/bin/bash
# Packets, messages and key exchanges that are not what they should be (packets.py).
# shellcheck source=tests/hostile/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"
hostile_start '[limits]' 'login_grace_seconds = 5'
hostile_run packets.py
assert_lacks "$(cat "$SERVER_DIR/server.log")" owned
test_done
