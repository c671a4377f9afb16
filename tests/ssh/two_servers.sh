#!/bin/bash
# Two servers on one database: what changes on one acts on the other's sessions, also while the other's listener is cut off, and
# a link that was cut comes back by itself.
# shellcheck source=tests/lib/server.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../lib/server.sh"
# shellcheck source=tests/ssh/held.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/held.sh"
# shellcheck source=tests/ssh/revoke.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/revoke.sh"
server_start
server_start_other

# The changes on the first server, the sessions on the other.
first_dir=$SERVER_DIR
revoke_by() { # USER COMMAND…
    local SERVER_DIR=$first_dir
    must "$@"
}

revoke_ground
on_other revoke_all

# ---- The own password, changed on one server, ends the sessions on the other
on_other held_start ann
tssh ann passwd < <(echo 'a new password of ann')
assert_status 0
on_other held_assert_ended ann 'Your password was changed'
must admin passwd --user ann < <(server_password ann)

# ---- The listeners cut off, and kept from connecting again: the users of live sessions are asked for
listeners() {
    sql "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'stockroomd listener' AND datname = '$SERVER_DATABASE'"
}
count_listeners() { [[ $(listeners) == "$1" ]]; }
cut_listeners() {
    sql "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
        WHERE application_name = 'stockroomd listener' AND datname = '$SERVER_DATABASE'" >/dev/null
}
assert_until count_listeners 2
on_other held_start ann
sql "ALTER ROLE $SERVER_APP_ROLE CONNECTION LIMIT 1"
cut_listeners
assert_until count_listeners 0
must admin user disable ann
on_other held_assert_ended ann 'Your account was disabled'
must admin user enable ann

# What changed while nobody heard is known when the link is up again.
on_other held_start ann
sql "ALTER ROLE $SERVER_APP_ROLE CONNECTION LIMIT -1"
assert_until count_listeners 2
must admin user set ann --role owner
on_other held_assert_ended ann 'Your role was changed'
must admin user set ann --role staff

# ---- Cut off in the very moment, several times
for i in 1 2 3; do
    on_other held_start ann
    cut_listeners
    must admin user disable ann
    on_other held_assert_ended ann 'Your account was disabled'
    must admin user enable ann
done
assert_until count_listeners 2

# ---- What is announced by somebody else than the servers does no harm
for payload in '' x '1 2 3' '99999 0 0 0' '0 0 0 0' '-1 0 0 0' '1 2 3 4 5' "$(printf '%07000d' 1)"; do
    sql "SELECT pg_notify('stockroom_users', '$payload')" >/dev/null
done
sql "SELECT count(pg_notify('stockroom_users', n || ' 0 0 0')) FROM generate_series(1, 100000) n" >/dev/null
on_other held_start ann
must admin user disable ann
on_other held_assert_ended ann 'Your account was disabled'
assert_contains "$(cat "$OTHER_DIR/server.log")" listener.bad
test_done
