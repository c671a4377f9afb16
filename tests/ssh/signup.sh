#!/bin/bash
# Signing up through the door for nobody: what it opens, what waits for approval, what is refused, and how often.
# shellcheck source=tests/lib/server.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../lib/server.sh"
server_start '[signup]' 'mode = approval' 'pending = 3' 'per_source = 100'

sign_up() { # OPTIONS… — with the password of server_password of the last --name
    local words="$*" name
    name=$(sed -n 's/.*--name \([^ ]*\).*/\1/p' <<<"$words")
    capture timeout 120 ssh -F "$SERVER_DIR/ssh_config" -o BatchMode=yes -o PubkeyAuthentication=no signup@stockroom \
        "signup $words --format json" < <(server_password "$name")
}

# Approval: neither the owner nor the store is there before.
sign_up "--name olga --store-name 'Harbour & Sons' --timezone Europe/Lisbon"
assert_status 0
assert_json "row == {'user': 'olga', 'store': 'HARBOURSONS', 'state': 'pending'}"
tssh_password olga "$(server_password olga)" whoami
assert_status 255
waiting=$ERR
tssh_password nobody "$(server_password nobody)" whoami
assert_equal "${ERR//nobody/NAME}" "${waiting//olga/NAME}" 'the answer to one who waits'
must admin product add A-1 --name Lamp
for command in 'inventory' 'stock-in A-1 1' 'movements' 'watch'; do
    tssh admin "$command --store HARBOURSONS" </dev/null
    assert_status 65
    assert_contains "$ERR$OUT" 'no store HARBOURSONS'
done
tssh admin store list --format json
assert_json "row['pending'] and row['owners'] == ['olga']"
tssh admin user list --pending --format json
assert_json "[r['user'] for r in rows] == ['olga'] and row['role'] == 'owner' and row['pending']"
tssh admin user approve olga --format json
assert_status 0
assert_json "not row['pending'] and row['stores'] == ['HARBOURSONS']"
tssh_password olga "$(server_password olga)" stock-in A-1 3
assert_status 0
tssh_password olga "$(server_password olga)" product add B-1 --name B # an owner, and no more
assert_status 77
tssh_password olga "$(server_password olga)" whoami --format json
assert_json "row['role'] == 'owner' and not row['must_change_password']"

# As signup one may sign up, and nothing else.
for command in whoami inventory 'user list' 'passwd' 'login' 'product list' 'store list' 'key list' 'watch'; do
    capture timeout 120 ssh -F "$SERVER_DIR/ssh_config" -o BatchMode=yes signup@stockroom "$command" </dev/null
    [[ $command == whoami ]] || assert_status 77
    assert_lacks "$OUT" HARBOUR
done
for line in 'signup --name root2 --store-name X --role admin' 'user add root2 --role admin --no-password'; do
    capture timeout 120 ssh -F "$SERVER_DIR/ssh_config" -o BatchMode=yes signup@stockroom "$line" < <(server_password x)
    assert_matches "$STATUS" '^(64|77)$'
done
capture timeout 120 ssh -F "$SERVER_DIR/ssh_config" -o BatchMode=yes -o PreferredAuthentications=none olga@stockroom whoami </dev/null
assert_status 255

# Refused, and nothing is left behind.
sign_up '--name olga --store-name Again'
assert_status 1
assert_json "row['error'] == 'already-exists'"
sign_up '--name oskar --store-name Again --store-code HARBOURSONS'
assert_status 1
sign_up '--name Oskar --store-name Again'
assert_status 65
sign_up '--name oskar --store-name Again --timezone Mars/Base'
assert_status 65
assert_equal 1 "$(sql 'SELECT count(*) FROM stores')" stores

# So many may wait; who is rejected waits no more, and the name stays taken.
for i in 1 2 3; do
    sign_up "--name o$i --store-name Shop"
    assert_status 0
done
assert_json "row['store'] == 'SHOP-3'"
sign_up '--name o4 --store-name Shop'
assert_status 75
assert_json "row['error'] == 'busy' and row['retryable']"
must admin user disable o1
sign_up '--name o4 --store-name Shop'
assert_status 0
tssh admin user approve o1
assert_status 65
must admin user enable o1
must admin user approve o1
tssh_password o1 "$(server_password o1)" whoami
assert_status 0

# The trail: nobody, from where, made what.
assert_equal 'none|127.0.0.1|t|t' "$(sql "SELECT concat_ws('|', method, source, session > 0, user_id IS NULL) FROM audit_events
    WHERE action = 'signup' AND kind = 'user' AND target = 'olga'")"
assert_equal 'admin|store|HARBOURSONS' "$(sql "SELECT concat_ws('|', u.name, kind, target) FROM audit_events
    JOIN users u USING (user_id) WHERE action = 'user approve' AND kind = 'store' AND target LIKE 'HARB%'")"
assert_lacks "$(cat "$SERVER_DIR/server.log")" "$(server_password olga)"

again_with() { # LINE…
    server_stop TERM
    SERVER_EXTRA=('[signup]' "$@")
    server_launch
}
again_with 'mode = invite' 'invite_code = let-me-in' 'per_source = 3'
sign_up '--name i1 --store-name Inn'
assert_status 77
sign_up '--name i1 --store-name Inn --invite let-me-out'
assert_status 77
sign_up '--name i1 --store-name Inn --invite let-me-in'
assert_status 0
assert_json "row['state'] == 'active'"
sign_up '--name i2 --store-name Inn --invite let-me-out'
assert_status 77
sign_up '--name i2 --store-name Inn --invite let-me-in'
assert_status 75
assert_json "row['error'] == 'throttled' and ' s' in row['message']"
tssh_password i1 "$(server_password i1)" inventory
assert_status 0
assert_lacks "$(cat "$SERVER_DIR/server.log")" let-me-

again_with 'mode = open'
sign_up '--name p1 --store-name Pub --currency JPY'
assert_status 0
assert_json "row['state'] == 'active' and row['store'] == 'PUB'"
tssh_password p1 "$(server_password p1)" inventory
assert_status 0

again_with 'mode = closed'
sign_up '--name q1 --store-name Quay'
assert_status 255
test_done
