#!/bin/bash
# The client is killed in the middle of a batch, several times; the batch is run again.
# shellcheck source=tests/lib/server.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../lib/server.sh"
# shellcheck source=tests/faults/batch_again.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/batch_again.sh"
server_start
batch_prepare
for answered in 1 500 5000 12000; do
    batch_start
    assert_until batch_answered "$answered"
    kill -KILL "$BATCH_PID" 2>/dev/null || true
    batch_wait
done
batch_prove
test_done
