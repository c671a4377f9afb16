#!/bin/bash
# Connections cut anywhere (resets.py): no process, no memory stays behind, nothing is posted twice.
# shellcheck source=tests/hostile/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"
hostile_start
hostile_run resets.py
# Each line had its ref: however often it was sent, it was posted once.
assert_equal 50 "$(sql "SELECT count(*) FROM stock_movements WHERE ref IS NOT NULL")" "lines with a ref that were posted"
test_done
