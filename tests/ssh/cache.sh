#!/bin/bash
# The cache: the same answers with and without it, in every format; what was written is read back at once; what another server
# wrote is shown soon, and never an older value after a newer one; nothing is served while announcements are not heard.
# shellcheck source=tests/lib/server.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../lib/server.sh"
server_start '[cache]' 'seconds = 600'
server_start_other '[cache]' 'seconds = 600'
CLIENT=$(dirname -- "${BASH_SOURCE[0]}")/cache_client.py

# Berlin is east, New York west of Greenwich, St. John's half an hour off.
must admin store add S001 --name One --timezone Europe/Berlin
must admin store add S002 --name Two --timezone America/St_Johns --currency JPY
must admin product add A-1 --name '"Lamp, \"big\""' --barcode 4006381333931 --price 2.5 --category Lamps
must admin product add A-2 --name Cable --unit m
new_user ann '--role staff --store S001'
new_user bob '--role staff --store S002'

stat() { # NAME
    must admin stats --format json
    python3 -c 'import json, sys
print(*[row["value"] for line in open(sys.argv[1]) if (row := json.loads(line))["name"] == sys.argv[2]])' "$OUT_FILE" "$1"
}
is_heard() { [[ $(stat listener_up) == 1 ]]; }
assert_until is_heard
assert_until on_other is_heard

# ---- An answer from memory is the database's: the query for several products never comes from memory
question() { # FORMAT STORE CODE: as remembered, and as asked of the database by a filter that all rows pass
    must admin "inventory --product $3 --store $2 --format $1" && cp "$OUT_FILE" "$TEST_DIR/first"
    hits=$(stat cache_hits)
    must admin "inventory --product $3 --store $2 --format $1" && cp "$OUT_FILE" "$TEST_DIR/second"
    assert_equal $((hits + 1)) "$(stat cache_hits)" 'hits'
    must admin "inventory --product $3 --store $2 --format $1 --limit 10" && cp "$OUT_FILE" "$TEST_DIR/third"
    assert_equal "$(<"$TEST_DIR/third")" "$(<"$TEST_DIR/first")" "$1 $2 $3"
    assert_equal "$(<"$TEST_DIR/third")" "$(<"$TEST_DIR/second")" "$1 $2 $3"
}
questions() {
    local format store code
    for format in text csv json; do
        for store in S001 S002; do
            for code in A-1 4006381333931 A-2; do
                question $format $store $code
            done
        done
    done
}
questions
# Moved since they were remembered: written through.
tssh admin batch <<END
stock-in A-1 12 --store S001
sell A-1 2 --store S001
stock-in A-2 7.125 --store S002
stock-in A-2 1 --store S001
transfer A-1 1 --store S001 --to S002
END
assert_status 0
misses=$(stat cache_misses)
questions
assert_equal "$misses" "$(stat cache_misses)" 'misses'

# ---- Who may not see a store gets nothing of it from memory
tssh ann inventory --product A-1 --format json
assert_json 'row["store"] == "S001" and row["quantity"] == 9'
tssh bob 'inventory --product A-1 --store S001'
assert_status 65
assert_contains "$ERR" 'no store S001'
tssh bob inventory --product A-1 --format json
assert_json 'len(rows) == 1 and row["store"] == "S002" and row["quantity"] == 0'
tssh ann inventory --product NONE
assert_status 65
assert_contains "$ERR" 'no product NONE'
tssh admin 'inventory --product A-1 --store S009'
assert_contains "$ERR" 'no store S009'

# ---- In one batch each line sees what the lines before it did
tssh ann batch --format json < <(for i in {1..50}; do printf 'stock-in A-1 1\ninventory --product A-1\n'; done)
assert_status 0
assert_json '[r["quantity"] for r in rows if "ok" not in r] == [r["balance"] for r in rows if r.get("command") == "stock-in"]'
assert_json 'len([r for r in rows if "ok" not in r]) == 50'

# ---- A change of the catalogue is seen at once where it was made, and soon on the other server
shows() { # NAME PRICE
    tssh ann inventory --product A-1 --format json
    ((STATUS == 0)) && [[ $OUT == *"\"name\":\"$1\""* && $OUT == *"\"price\":$2"* ]]
}
assert_until on_other shows 'Lamp, \"big\"' '"2.50"'
must admin product set A-1 --name Bulb --price 3
ASSERTIONS=$((ASSERTIONS + 1))
shows Bulb '"3.00"' || fail "not at once: $OUT"
assert_until on_other shows Bulb '"3.00"'
must admin store set S001 --timezone Asia/Kolkata
question text S001 A-1
must admin store set S001 --timezone Europe/Berlin

# ---- Two servers
run_client() { # MODE ROUNDS
    capture timeout 300 python3 "$CLIENT" "$1" ann "$SERVER_DIR/ssh_config" "$OTHER_DIR/ssh_config" "$2"
    printf '%s\n' "$OUT"
    assert_equal "0 " "$STATUS $ERR" "$1"
}
hits=$(stat cache_hits)
run_client latency 40
run_client monotonic 300
run_client watch 20
assert_until test "$(stat cache_hits)" -gt "$hits"
ASSERTIONS=$((ASSERTIONS + 1))
(($(on_other stat cache_hits) > 0 && $(on_other stat commits_heard) > 0)) || fail 'the other server has not heard or served anything'

# ---- The links cut off and kept away: nothing comes from memory, and all is right
listeners() {
    sql "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'stockroomd listener' AND datname = '$SERVER_DATABASE'"
}
count_listeners() { [[ $(listeners) == "$1" ]]; }
is_cut_off() { [[ $(stat listener_up) == 0 && $(stat cache_entries) == 0 ]]; }
sql "ALTER ROLE $SERVER_APP_ROLE CONNECTION LIMIT 1"
sql "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
    WHERE application_name = 'stockroomd listener' AND datname = '$SERVER_DATABASE'" >/dev/null
assert_until count_listeners 0
assert_until is_cut_off
assert_until on_other is_cut_off
hits=$(stat cache_hits) misses=$(stat cache_misses)
other_hits=$(on_other stat cache_hits)
for i in 1 2 3; do
    must ann stock-in A-1 1 --format json
    balance=$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["balance"])' "$OUT_FILE")
    must ann inventory --product A-1 --format json
    assert_json "row['quantity'] == $balance"
    on_other tssh ann inventory --product A-1 --format json
    assert_json "row['quantity'] == $balance"
done
assert_equal "$hits $((misses + 3))" "$(stat cache_hits) $(stat cache_misses)" 'hits and misses'
assert_equal "$other_hits" "$(on_other stat cache_hits)" 'hits of the other'
sql "ALTER ROLE $SERVER_APP_ROLE CONNECTION LIMIT -1"
assert_until is_heard
assert_until on_other is_heard
run_client latency 6

# ---- Cut again and again while both read and write
cutter() {
    while wait_until 60 count_listeners 2; do
        sql "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
            WHERE application_name IN ('stockroomd listener', 'stockroomd announcer') AND datname = '$SERVER_DATABASE'" >/dev/null
    done
}
cutter &
cutter_pid=$!
run_client monotonic 200
kill "$cutter_pid"
wait "$cutter_pid" || true
assert_until is_heard
assert_until on_other is_heard
run_client latency 6

# ---- What is announced by somebody else than the servers does no harm
for payload in '' x '1' '1 S001' '1 S001:x' '1 S001:1 ' '1 *' '1 S001:99999999999999999999' "1 $(printf 'S%s:1 ' {1..900})"; do
    sql "SELECT pg_notify('stockroom_commits', '$payload')" >/dev/null
done
sql "SELECT count(pg_notify('stockroom_commits', '1 T' || n || ':1')) FROM generate_series(1, 100000) n" >/dev/null
sql "SELECT pg_notify('stockroom_catalogue', 'x')" >/dev/null
run_client latency 6
assert_contains "$(cat "$SERVER_DIR/server.log")" listener.bad

# ---- Without a cache
server_stop TERM
server_configure "$(basename "$SERVER_DIR")" '[cache]' 'mib = 0'
server_launch
assert_until is_heard
run_client latency 6
assert_equal "0 0 0" "$(stat cache_hits) $(stat cache_misses) $(stat cache_entries)" 'hits, misses, entries'
assert_ledger_is_sound
test_done
