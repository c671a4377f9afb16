#!/bin/bash
# A session ends as soon as its user may not go on: a held batch, a session without a channel and the screens alike, each told
# why, on the server where the change was made. Who changes the own password stays.
# shellcheck source=tests/lib/server.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../lib/server.sh"
# shellcheck source=tests/ssh/held.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/held.sh"
server_start
# shellcheck source=tests/ssh/revoke.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/revoke.sh"

revoke_ground
revoke_all

# ---- Who changes the own password goes on, the user's other sessions do not
held_start ann
tssh ann batch --format json < <(printf '%s\n' passwd 'a new password of ann' whoami passwd "$(server_password ann)" whoami)
assert_status 0
assert_json '[r["ok"] for r in rows if "ok" in r] == [True] * 4'
held_assert_ended ann 'Your password was changed'

# ---- Who has to choose a password may do everything else from that line on
must admin passwd --user ann < <(echo 'a password for a day')
tssh_password ann 'a password for a day' batch --format json < <(printf '%s\n' inventory passwd 'the one that ann chose' inventory)
assert_json '[r["ok"] for r in rows if "ok" in r] == [False, True, True]'
must admin passwd --user ann < <(server_password ann)

# ---- A batch under way: what was posted was posted once, the rest is not, and the key finds out
seq 1 200000 | sed 's/.*/stock-in A-1 1/' >"$TEST_DIR/lines"
held_ssh ann batch --key cut --format json <"$TEST_DIR/lines" >"$TEST_DIR/first-out" 2>"$TEST_DIR/first-err" &
client=$!
has_begun() { [[ -s $TEST_DIR/first-out ]]; }
assert_until has_begun
must admin user disable ann
wait "$client" || true
assert_contains "$(cat "$TEST_DIR/first-err")" 'Your account was disabled'
answered=$(grep -c '"ok":true' "$TEST_DIR/first-out")
posted=$(sql "SELECT count(*) FROM stock_movements")
((posted < 200000 && answered <= posted)) || fail "$answered answered, $posted posted"
must admin user enable ann
tssh ann batch --key cut --format json < <(head -n "$((posted + 10))" "$TEST_DIR/lines")
assert_status 0
assert_contains "$ERR" "$posted replayed"
assert_equal "$((posted + 10))" "$(sql "SELECT count(*) FROM stock_movements")" 'movements'
assert_ledger_is_sound
test_done
