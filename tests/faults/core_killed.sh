#!/bin/bash
# Core is killed in the middle of a batch: front starts another one, and the batch is run again.
# shellcheck source=tests/lib/server.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../lib/server.sh"
# shellcheck source=tests/faults/batch_again.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/batch_again.sh"
server_start
batch_prepare
for answered in 300 9000; do
    batch_start
    assert_until batch_answered "$answered"
    core=$(pgrep -P "$SERVER_PID" -f stockroomd-core)
    kill -KILL "$core"
    batch_wait
    assert_until server_listens_or_died
done
batch_prove
test_done
