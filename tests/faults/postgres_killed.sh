#!/bin/bash
# PostgreSQL is killed with -9 in the middle of a batch and started again; the server stays, and the batch is run again.
# shellcheck source=tests/lib/server.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../lib/server.sh"
# shellcheck source=tests/faults/batch_again.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/batch_again.sh"

# A PostgreSQL of its own: the other tests need theirs alive.
pg_test_start fsync=on full_page_writes=on
end_all() {
    ssh -F "$SERVER_DIR/ssh_config" -o ControlPath="$TEST_DIR/master" -O exit admin@stockroom
    pg_test_stop
}
TEST_AT_END=end_all
server_start '[ledger]' 'resolve_seconds = 3'
batch_prepare
ssh -F "$SERVER_DIR/ssh_config" -o BatchMode=yes -o ControlMaster=yes -o ControlPath="$TEST_DIR/master" -fN admin@stockroom
for answered in 300 9000; do
    batch_start
    assert_until batch_answered "$answered"
    pg_test_kill
    if [[ $answered == 300 ]]; then
        batch_wait # the batch ends by itself, with the database away
        assert_status 69
        # No one can log in now; who is there is told why nothing goes.
        capture timeout 60 ssh -F "$SERVER_DIR/ssh_config" -o ControlPath="$TEST_DIR/master" admin@stockroom \
            inventory --store S001
        assert_status 69
        assert_contains "$ERR" database-unavailable
    fi
    pg_test_restart fsync=on full_page_writes=on
    batch_wait
done
batch_prove
test_done
