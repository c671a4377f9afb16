#!/bin/bash
# Users as admins and owners keep them: roles, stores, limits, who waits, who is kept out; and that nobody gets further.
# shellcheck source=tests/lib/server.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../lib/server.sh"
server_start

for store in S001 S002 S003; do must admin store add "$store" --name "$store"; done
new_user olga '--role owner --store S001 --store S002'
new_user oskar '--role owner --store S003'
new_user ann '--role staff --store S001'
new_user both '--role staff --store S002 --store S003'

refused() { # STATUS CODE USER COMMAND… — and the database is as it was
    local expected=$1 code=$2 before
    shift 2
    before=$(users_state)
    tssh "$@" </dev/null
    assert_status "$expected"
    assert_contains "$ERR" "$code"
    assert_equal "$before" "$(users_state)" "the users after: $*"
}
users_state() {
    sql "SELECT md5(string_agg(t::text, '|' ORDER BY t::text)) FROM (
        SELECT u::text FROM users u UNION ALL SELECT us::text FROM user_stores us
        UNION ALL SELECT l::text FROM user_limits l UNION ALL SELECT k::text FROM user_keys k) AS s (t)"
}

# An admin sets anything, a new role or new stores hold from the next login on.
tssh admin user set ann --add-store S003 --limit read=7/70 --limit scan=none --format json
assert_status 0
assert_json "row == {'user': 'ann', 'role': 'staff', 'stores': ['S001', 'S003'], 'disabled': False, 'pending': False}"
tssh ann whoami --format json
assert_json "row['stores'] == ['S001', 'S003']"
tssh admin user show ann --format json
assert_json "row['limits'] == ['read=7/70', 'scan=none'] and row['keys'] == 1 and row['has_password']"
assert_json "not row['must_change_password'] and row['changed_at'] >= row['created_at']"
must admin user set ann --limit read=default --limit scan=default --store S001
must admin user set oskar --role admin
tssh oskar store list --format json
assert_json "len(rows) == 3"
refused 77 'own role' oskar user set oskar --role owner
must admin user set oskar --role owner --store S003
tssh oskar store list --format json
assert_json "[r['store'] for r in rows] == ['S003']"
refused 65 '--store' admin user set ann --role staff --remove-store S001
refused 65 'every store' admin user set olga --role admin --store S001
refused 64 'nothing to change' admin user set ann
refused 65 unknown-user admin user set nobody --role staff
refused 65 unknown-store admin user set ann --add-store S777
refused 65 bad-value admin user set ann --limit fly=1/2

# Owners: the stores, among their own, of staff whose stores are all theirs.
must olga user set ann --add-store S002
must olga user set ann --store S001
refused 77 'ask an admin' olga user set both --add-store S001
refused 77 'ask an admin' olga user disable both
tssh olga passwd --user both < <(printf 'a long enough one\n')
assert_status 77
assert_contains "$ERR" 'ask an admin'
refused 77 'ask an admin' olga key remove --user both 1
refused 65 'no store S003' olga user set ann --add-store S003
refused 65 'no store S777' olga user set ann --add-store S777
refused 77 'no roles' olga user set ann --role owner
refused 77 'no limits' olga user set ann --limit read=1/1
refused 77 'staff only' olga user set olga --remove-store S001
refused 65 'no user oskar' olga user set oskar --add-store S001
refused 65 'no user oskar' olga user show oskar
refused 65 'no user admin' olga user disable admin
refused 77 not-permitted ann user set ann --add-store S002
refused 77 not-permitted ann user show ann
refused 77 not-permitted ann user list
refused 77 not-permitted olga user approve ann
tssh olga user show both --format json
assert_json "row['stores'] == ['S002']" # what is none of hers she does not see

# The last admin stays, whatever is tried.
refused 77 'last enabled admin' admin user disable admin
refused 77 'own role' admin user set admin --role owner
new_user root2 '--role admin'
must root2 user disable admin
tssh admin whoami
assert_status 255
refused 77 'last enabled admin' root2 user disable root2
must root2 user enable admin
must admin user set root2 --role staff --store S001
refused 77 not-permitted root2 user enable ann

# Nothing deletes a user; the trail has who did what.
tssh admin user remove ann
assert_status 64
assert_equal 'olga|user set|ann|done' "$(sql "SELECT concat_ws('|', u.name, a.action, a.target, a.outcome) FROM audit_events a
    JOIN users u USING (user_id) WHERE a.action = 'user set' AND u.name = 'olga' AND a.outcome = 'done' LIMIT 1")"
assert_equal 'console|user-add|admin' "$(sql "SELECT concat_ws('|', method, action, target) FROM audit_events
    WHERE user_id IS NULL AND method = 'console'")"
has_refusals() { [[ $(sql "SELECT count(*) FROM audit_events WHERE outcome = 'refused' AND action = 'user set'") -gt 0 ]]; }
assert_until has_refusals

# At the machine itself: the same checks; owners and staff choose another password at the first login.
printf 'given by root\n' | server_run user-add carl --role staff --store S001 >/dev/null
tssh_password carl 'given by root' inventory
assert_status 77
assert_contains "$ERR" 'change your password first'
capture server_run user-add carl --role staff --store S001 < <(printf 'given by root\n')
assert_status 1
capture server_run user-add dora --role staff --store S777 < <(printf 'given by root\n')
assert_status 65
capture server_run user-add dora --role staff < <(printf 'given by root\n')
assert_status 64
test_done
