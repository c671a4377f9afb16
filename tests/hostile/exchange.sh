#!/bin/bash
# Clients that stall on their way in (exchange.py).
# shellcheck source=tests/hostile/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"
hostile_start '[limits]' 'login_grace_seconds = 2'
hostile_run exchange.py
test_done
