#!/bin/bash
# Escape sequences in every field (escapes.py), and in the database already: by an older version, an import, another's hand.
# shellcheck source=tests/hostile/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"
hostile_start
must ann sell A-4 1 --note fine --ref fine
must ann sell A-5 1
nasty="chr(27) || ']0;owned' || chr(7) || chr(155) || '2J' || chr(8238) || chr(8203) || chr(10) || chr(13) || chr(9) || 'end'"
sql "UPDATE products SET name = $nasty, category = $nasty WHERE sku = 'A-2'"
sql "UPDATE products SET sku = 'A-1' || $nasty WHERE sku = 'A-6'"
sql "UPDATE stores SET name = $nasty WHERE code = 'S001'"
sql "UPDATE stock_movements SET note = $nasty, ref = $nasty WHERE ref = 'fine'"
sql "UPDATE user_keys SET comment = $nasty" || true
server_stop TERM
server_launch
assert_equal 1 "$(sql "SELECT count(*) FROM stock_movements WHERE note LIKE '%owned%'")" "movements with a hostile note"
hostile_run escapes.py
assert_lacks "$(cat "$SERVER_DIR/server.log")" $'\x1b'
test_done
