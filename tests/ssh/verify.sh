#!/bin/bash
# The proof of the ledger as owners and scripts run it: exit statuses, signed heads, and while the tills go on.
# shellcheck source=tests/lib/server.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../lib/server.sh"
server_start '[limits]' 'verifies = 1' '[throttle]' 'admin_scan = 1000/1000'
must admin 'store add S001 --name "Main Street"'
must admin 'store add S002 --name Harbour'
must admin 'store add S003 --name Airport'
must admin 'product add A-1 --name Lamp'
must admin 'product add A-2 --name Bulb'
new_user ann '--role staff --store S001'
new_user olga '--role owner --store S001 --store S002'
must ann 'stock-in A-1 10 --cost 2.50'
must ann 'sell A-1 3 --note "to a friend"'
must ann 'sell A-1 1 --price 4.99'

# ---- Who may, and what it says
tssh ann verify
assert_status 77
tssh olga 'verify --store S003'
assert_status 65
assert_contains "$ERR" unknown-store
tssh olga 'verify --all-stores --format json'
assert_status 0
assert_json '[r["store"] for r in rows] == ["S001", "S002"] and all(r["ok"] for r in rows)'
assert_json 'row["from_seq"] == 1 and row["to_seq"] == 3 and row["movements"] == 3 and len(row["head"]) == 64'
tssh admin 'verify --all-stores'
assert_status 0
assert_equal '' "$ERR"
assert_matches "$OUT" 'S003 +1 +0 +0 +yes'
tssh admin 'verify --all-stores --progress'
assert_status 0
assert_contains "$ERR" 'verify: 3 movements, 3 stores done'

# ---- Heads, signed by somebody whom the database's owner is not
heads=$TEST_DIR/heads
printf 'auditor %s\n' "$(cut -d ' ' -f 1,2 "$SERVER_DIR/keys/olga.pub")" >"$TEST_DIR/auditors"
tssh olga 'verify --all-stores --heads --format csv'
assert_status 0
cp "$OUT_FILE" "$heads"
ssh-keygen -q -Y sign -f "$SERVER_DIR/keys/olga" -n stockroom-heads "$heads"
check_heads() { # as docs/operations.md has it: a batch of a line for each store
    ssh-keygen -q -Y verify -f "$TEST_DIR/auditors" -I auditor -n stockroom-heads -s "$heads.sig" <"$heads" &&
        tr -d '\r' <"$heads" | awk -F, 'NR > 1 { print "verify --incremental --head " $1 ":" $2 ":" $3 }' >"$TEST_DIR/lines"
}
capture check_heads
assert_status 0
tssh olga batch <"$TEST_DIR/lines"
assert_status 0
assert_contains "$OUT" '1 ok verify 1 row'

# ---- A batch in which one proof fails: its rows are there, and the line has failed
kept=$(sql 'SELECT note FROM stock_movements WHERE store_id = 1 AND seq = 2')
sql "UPDATE stock_movements SET note = 'to an enemy' WHERE store_id = 1 AND seq = 2"
tssh olga 'verify --store S001'
assert_status 1
assert_matches "$OUT" 'S001 +1 +1 +2 +no +movement 2 does not have its hash: it, or the order, was changed +2'
assert_contains "$ERR" 'stockroom: unsound: S001: movement 2 does not have its hash'
tssh olga 'verify --all-stores --format json'
assert_status 1
assert_json 'row["ok"] is False and row["fault_seq"] == 2 and rows[1]["ok"] is True'
assert_json 'rows[2]["error"] == "unsound" and rows[2]["retryable"] is False and len(rows) == 3'
tssh olga 'verify --all-stores --format csv'
assert_status 1
assert_equal 'store,from_seq,to_seq,movements,head,ok,fault,fault_seq' "$(head -n 1 "$OUT_FILE" | tr -d '\r')"
tssh olga 'batch --format json' <<'END'
@a verify --store S002
@b verify --store S001
END
assert_status 1
assert_json '[r["tag"] for r in rows] == ["a", "a", "b", "b"]'
assert_json 'rows[1]["ok"] and rows[2]["fault_seq"] == 2 and rows[3]["error"] == "unsound"'
sql "UPDATE stock_movements SET note = '$kept' WHERE store_id = 1 AND seq = 2"
tssh olga 'verify --store S001'
assert_status 0

# ---- The tail is cut, by somebody who makes everything fit: the kept heads tell
must olga 'verify --store S001'
sql "DELETE FROM stock_movements WHERE store_id = 1 AND seq = 3;
    UPDATE inventory SET (quantity, value) = (SELECT sum(quantity), sum(value) FROM stock_movements WHERE store_id = 1)
        WHERE store_id = 1;
    UPDATE store_ledger SET (last_seq, last_hash) = (SELECT seq, hash FROM stock_movements WHERE store_id = 1 AND seq = 2)
        WHERE store_id = 1;
    DELETE FROM verify_progress"
tssh olga 'verify --store S001'
assert_status 0
tssh olga batch <"$TEST_DIR/lines"
assert_status 1
assert_contains "$OUT" '1 error unsound S001: the head of movement 3 is not in the chain: the ledger was cut'
assert_contains "$OUT" '2 ok verify'

# ---- While the tills go on: no fault that is none, and the tills are served
seller() {
    awk 'BEGIN { for (i = 1; i <= 60000; i++) print (i % 3 ? "sell" : "stock-in") " A-" i % 2 + 1 " 1" }' |
        ssh -F "$SERVER_DIR/ssh_config" -o BatchMode=yes ann@stockroom batch >"$TEST_DIR/sold" 2>&1
}
must ann 'stock-in A-1 60000'
must ann 'stock-in A-2 60000'
before=$(sql 'SELECT last_seq FROM store_ledger WHERE store_id = 1')
seller &
seller_pid=$!
proofs=0
while kill -0 "$seller_pid" 2>/dev/null || ((proofs == 0)); do
    tssh admin "verify --all-stores --format json $( ((proofs % 2)) && printf -- --incremental)"
    assert_status 0
    proofs=$((proofs + 1))
done
wait "$seller_pid"
tssh admin 'verify --store S001 --format json'
assert_json "row['ok'] and row['to_seq'] == $before + 60000"
printf '%d proofs while selling\n' "$proofs"

# ---- One at a time here; who leaves makes room. A lock on a table that each proof reads holds it up.
waits() {
    [[ $(sql "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
        AND query LIKE '%verify_progress v%'") == 1 ]]
}
hold() {
    coproc locker { psql -X -q -A -t "$SERVER_DSN" 2>&1; }
    locker_pid=$!
    locker_in=${locker[1]}
    printf "BEGIN; LOCK TABLE verify_progress; SELECT 'locked';\n" >&"$locker_in"
    read -r -u "${locker[0]}" locked
    assert_equal locked "$locked"
}
let_go() {
    printf 'ROLLBACK;\n' >&"$locker_in"
    exec {locker_in}>&-
    wait "$locker_pid"
}
hold
ssh -F "$SERVER_DIR/ssh_config" -o BatchMode=yes olga@stockroom verify --all-stores >"$TEST_DIR/left" 2>&1 &
left_pid=$!
assert_until waits
tssh admin 'verify --store S002'
assert_status 75
assert_contains "$ERR" 'busy: 1 verification runs already'
tssh admin 'verify --all-stores --heads' # asks little, and is not counted
assert_status 0
kill "$left_pid"
wait "$left_pid" || true
let_go
is_free() {
    tssh admin 'verify --store S002'
    [[ $STATUS == 0 ]]
}
assert_until is_free

# ---- A session that is ended ends its verification: at the next turn, which is never far
hold
ssh -F "$SERVER_DIR/ssh_config" -o BatchMode=yes olga@stockroom verify --all-stores >"$TEST_DIR/ended" 2>&1 &
ended_pid=$!
assert_until waits
tssh admin 'sessions --all --format json'
number=$(python3 -c 'import json, sys
print(next(r["session"] for r in map(json.loads, open(sys.argv[1])) if r["user"] == "olga"))' "$OUT_FILE")
must admin "session end $number"
let_go
STATUS=0
wait "$ended_pid" || STATUS=$?
assert_status 75
assert_contains "$(cat "$TEST_DIR/ended")" 'session was ended'
assert_until is_free

# ---- A dry run remembers nothing
sql 'DELETE FROM verify_progress'
tssh admin 'batch --dry-run' <<<'verify --store S001'
assert_status 0
assert_equal 0 "$(sql 'SELECT count(*) FROM verify_progress')"

# ---- A server that stops does not wait for a proof to end
hold
ssh -F "$SERVER_DIR/ssh_config" -o BatchMode=yes olga@stockroom verify --all-stores >"$TEST_DIR/drained" 2>&1 &
drained_pid=$!
assert_until waits
kill -TERM "$SERVER_PID"
assert_until grep -q '"core.drain"' "$SERVER_DIR/server.log"
let_go
STATUS=0
wait "$drained_pid" || STATUS=$?
assert_status 75
assert_contains "$(cat "$TEST_DIR/drained")" 'stockroom: busy: the server is stopping'
wait "$SERVER_PID" || fail "the server ended with $?"
SERVER_PID=''
assert_lacks "$(cat "$SERVER_DIR/server.log")" drain_expired
assert_ledger_is_sound
test_done
