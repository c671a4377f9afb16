#!/bin/bash
# Silent connections: held by the thousand because the limits let them, and at the limits everyone has (flood.py).
# shellcheck source=tests/hostile/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"
export HOSTILE_FLOOD=held
hostile_start '[limits]' 'sessions = 5000' 'sessions_per_source = 2000' 'unauthenticated = 4000' 'unauthenticated_per_source = 2000' \
    'login_grace_seconds = 600'
hostile_run flood.py
server_stop TERM
assert_status 0

export HOSTILE_FLOOD=default
SERVER_EXTRA=("${HOSTILE_SETTINGS[@]}" '[limits]' 'login_grace_seconds = 3')
server_launch
hostile_run flood.py
test_done
