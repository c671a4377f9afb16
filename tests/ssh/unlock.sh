#!/bin/bash
# unlock: whoever sits at a locked screen types the password again; wrong ones are counted, apart from those at logins.
# shellcheck source=tests/lib/server.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../lib/server.sh"
server_start '[throttle]' 'staff_login = none' \
    '[penalties]' 'exempt = 127.0.0.1' 'account_failures = 2' 'account_seconds = 600' 'account_most_seconds = 600'

must admin store add S001 --name One
new_user ann '--role staff --store S001'
new_user bob '--role staff --store S001'
must admin user add keyless --role staff --store S001 --no-password
new_key_for() { # USER — by the admin, for one who has no password
    ssh-keygen -q -N '' -t ed25519 -f "$SERVER_DIR/keys/$1" </dev/null
    tssh admin "key add --user $1" <"$SERVER_DIR/keys/$1.pub"
    assert_status 0
}
new_key_for keyless

on_terminal() { # USER LINE COMMAND…
    local user=$1 line=$2
    shift 2
    capture timeout 100 ssh -F "$SERVER_DIR/ssh_config" -o EscapeChar=none -tt "$user@stockroom" "$@" < <(printf '%s\r' "$line")
}

tssh ann unlock < <(server_password ann) # a pipe has no screen
assert_status 64

on_terminal ann "$(server_password ann)" unlock --format json
assert_status 0
assert_contains "$OUT" '"unlocked":true'
assert_lacks "$OUT" "$(server_password ann)"
on_terminal keyless 'anything at all' unlock
assert_status 77

# The free ones, the one that begins the penalty, and then not even the right one is looked at.
for _ in 1 2 3; do
    on_terminal ann 'wrong password' unlock
    assert_status 77
    assert_contains "$OUT$ERR" 'that is not your password'
done
on_terminal ann "$(server_password ann)" unlock
assert_status 75
assert_matches "$OUT$ERR" 'try again in [0-9]+ seconds'

# It holds up nobody else, and no login.
on_terminal bob "$(server_password bob)" unlock
assert_status 0
tssh_password ann "$(server_password ann)" whoami
assert_status 0
assert_lacks "$(cat "$SERVER_DIR/server.log")" "$(server_password ann)"
test_done
