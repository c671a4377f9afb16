#!/bin/bash
# Channels misused by someone who has logged in (channels.py). A session that does not answer front is killed, and that is seen.
# shellcheck source=tests/hostile/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"
hostile_start '[limits]' 'ping_seconds = 1' 'ping_timeout_seconds = 10'
hostile_run channels.py
test_done
