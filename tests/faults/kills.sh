#!/bin/bash
# Kill after kill: the client, core, the whole server, a backend of PostgreSQL or PostgreSQL itself, whichever chance picks, in the
# middle of one batch after another. Not one acknowledged line may be lost or doubled. KILLS says how many; those that came when
# the batch was over do not count. Slow; progress goes to stderr.
# shellcheck source=tests/lib/server.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../lib/server.sh"
# shellcheck source=tests/faults/batch_again.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/batch_again.sh"
KILLS=${KILLS:-100}
BATCH_LINES=${BATCH_LINES_A_KILL:-12000}

pg_test_start fsync=on full_page_writes=on
TEST_AT_END=pg_test_stop
server_start '[ledger]' 'resolve_seconds = 5'
batch_prepare

kill_client() { kill -KILL "$BATCH_PID" 2>/dev/null || true; }
kill_core() {
    pkill -KILL -P "$SERVER_PID" -f stockroomd-core || true
    batch_wait
    assert_until server_listens_or_died
}
kill_server() {
    server_stop KILL
    batch_wait
    server_launch
}
kill_backend() { # PostgreSQL then ends all its backends, and recovers
    local backend
    backend=$(sql "SELECT pid FROM pg_stat_activity WHERE application_name = 'stockroom ledger' LIMIT 1") || true
    [[ -z $backend ]] || as_postgres "$(pg_bin pg_ctl)" kill KILL "$backend" || true
}
kill_postgres() {
    pg_test_kill
    pg_test_restart fsync=on full_page_writes=on
}
batch_runs() { kill -0 "$BATCH_PID" 2>/dev/null && (($(wc -l <"$TEST_DIR/run.$BATCH_KEY.$RUNS") < BATCH_LINES)); }
postgres_answers() { sql 'SELECT 1'; }

victims=(client client core core server backend backend postgres)
killed=0 late=0 batches=0
declare -A count=()
while ((killed < KILLS)); do
    BATCH_KEY=kill-$batches
    batches=$((batches + 1))
    for _ in 1 2 3; do
        ((killed < KILLS)) || break
        batch_start
        assert_until batch_answered $((RANDOM % (BATCH_LINES * 9 / 10)))
        victim=${victims[RANDOM % ${#victims[@]}]}
        if batch_runs; then
            count[$victim]=$((${count[$victim]:-0} + 1))
            killed=$((killed + 1))
        else
            late=$((late + 1))
        fi
        "kill_$victim"
        batch_wait
    done
    assert_until postgres_answers
    batch_finish
    say "$killed of $KILLS kills in the middle, $late too late, $batches batches"
done
assert_ledger_is_sound
assert_equal $((batches * BATCH_LINES)) "$(sql 'SELECT count(*) FROM stock_movements')" 'movements in all'
for victim in "${!count[@]}"; do
    say "killed $victim: ${count[$victim]}"
done
test_done
