#!/bin/bash
# The door for those who want to sign up: opens without a credential for the name signup only, and only when signing up is
# possible at all; behind it there is nothing but signing up.
# shellcheck source=tests/lib/server.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../lib/server.sh"
server_start '[signup]' 'mode = approval' '[limits]' 'auth_tries = 2'
must admin store add S001 --name One

# What a client does that has no credential to offer.
by_none() { # USER COMMAND…
    local user=$1
    shift
    capture timeout 100 ssh -F "$SERVER_DIR/ssh_config" -o BatchMode=yes -o PreferredAuthentications=none -o PubkeyAuthentication=no \
        -o PasswordAuthentication=no "$user@stockroom" "$@"
}
by_none signup whoami --format json
assert_status 0
assert_json "row['user'] == 'signup' and row['role'] == 'signup' and row['method'] == 'none' and row['stores'] == [] and row['expires_at']"
by_none signup help
assert_status 0
assert_contains "$OUT" signup
assert_lacks "$OUT" inventory
for command in inventory 'inventory --store S001' 'user list' 'sell A-1 1' login logout passwd 'key add' sessions stats audit; do
    by_none signup "$command" </dev/null
    [[ $STATUS == 77 || $STATUS == 64 ]] || fail "$command: $STATUS $OUT $ERR"
    assert_equal '' "$OUT" "what $command shows"
done
for user in admin nobody Signup 'signup ' root; do
    by_none "$user" whoami
    assert_status 255
    assert_equal '' "$OUT" stdout
done
tssh_password signup 'a password' whoami # the name opens nothing else
assert_equal 0 "$STATUS" 'a client asks for none first'
tssh admin whoami # asking in vain is no try: two are left for others
assert_status 0
tssh_password admin "$(server_password admin)" whoami
assert_status 0
opened=$(grep '"event":"session.open"' "$SERVER_DIR/server.log" | grep '"user":"signup"')
assert_contains "$opened" '"method":"none"'

# Closed, it is a name like any other.
server_stop TERM
SERVER_EXTRA+=('[signup]' 'mode = closed')
server_launch
by_none signup whoami
closed=$ERR
assert_status 255
by_none nobody whoami
assert_equal "${closed//signup/NAME}" "${ERR//nobody/NAME}" 'what a closed door says'
tssh_password signup 'a password' whoami
assert_status 255
test_done
