#!/bin/bash
# The whole server is killed with -9 in the middle of a batch and started again; the batch is run again.
# shellcheck source=tests/lib/server.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../lib/server.sh"
# shellcheck source=tests/faults/batch_again.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/batch_again.sh"
server_start
batch_prepare
for answered in 300 9000; do
    batch_start
    assert_until batch_answered "$answered"
    server_stop KILL
    batch_wait
    server_launch
done
batch_prove
test_done
