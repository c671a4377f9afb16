#!/bin/bash
# A user's rate: shared by all of its sessions, refused with the seconds to wait, batches slowed and never refused, others
# untouched; limits of a single user; a batch that waits still hears of everything.
# shellcheck source=tests/lib/server.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../lib/server.sh"
server_start '[throttle]' 'staff_write = 1/2' 'staff_read = 5/5' 'staff_batch = 40/40' '[limits]' 'idle_seconds = 2'

must admin store add S001 --name One
must admin product add A-1 --name Lamp
must admin 'stock-in A-1 1000 --store S001'
new_user ann '--role staff --store S001'
new_user bob '--role staff --store S001'
new_user carl '--role staff --store S001'
client_of=(timeout 120 ssh -F "$SERVER_DIR/ssh_config" -o BatchMode=yes) # for the background: no STATUS, OUT and ERR
sold() { # REF-PREFIX
    sql "SELECT count(*) FROM stock_movements WHERE ref LIKE '$1%'"
}
stat_of() { # NAME
    must admin stats --format json
    python3 -c 'import json, sys
print(next(row["value"] for row in map(json.loads, open(sys.argv[1])) if row["name"] == sys.argv[2]))' "$OUT_FILE" "$1"
}

# ---- Many sessions, one bucket
began=$SECONDS
flood=()
for ((i = 0; i < 30; i++)); do
    (
        status=0
        "${client_of[@]}" ann@stockroom "sell A-1 1 --ref flood-$i --format json" >"$TEST_DIR/flood-$i" 2>/dev/null || status=$?
        echo "$status" >"$TEST_DIR/status-$i"
    ) &
    flood+=($!)
done
tssh bob sell A-1 1 # while they are at it
assert_status 0
wait "${flood[@]}"
most=$((2 + SECONDS - began + 1))
ok=$(grep -lx 0 "$TEST_DIR"/status-* | wc -l)
refused=$(grep -lx 75 "$TEST_DIR"/status-* | wc -l)
assert_equal 30 $((ok + refused)) "sells that were made or refused"
((ok >= 1 && ok <= most)) || fail "$ok sells of at most $most"
((refused >= 1)) || fail "nothing was refused"
assert_equal "$ok" "$(sold flood-)" "sells in the ledger"
OUT_FILE=$(grep -l throttled "$TEST_DIR"/flood-* | head -n 1) OUT=''
assert_json 'row["error"] == "throttled" and row["retryable"] is True and not row["ok"]'
assert_json 'row["message"].startswith("too many write commands: try again in ") and row["message"].endswith(" s")'
assert_json 'int(row["message"].split()[-2]) >= 1'
OUT_FILE=$TEST_DIR/out
[[ $(stat_of commands_throttled) == "$refused" ]] || fail "stats: commands_throttled"

# ---- limits: costs nothing, and says why
for ((i = 0; i < 10; i++)); do
    tssh ann limits --format json
    assert_status 0
done
assert_json '[r["class"] for r in rows] == ["read", "write", "scan", "login", "batch", "sessions"]'
assert_json '(rows[1]["per_second"], rows[1]["burst"], rows[1]["source"]) == (1, 2, "role")'
assert_json '0 <= rows[1]["available"] <= 2 and rows[0]["available"] == 5'
assert_json '(rows[5]["per_second"], rows[5]["burst"], rows[5]["available"]) == (None, 100, 99)'
tssh admin limits
assert_matches "$OUT" 'write +none +none +none +role'
tssh ann limits --user bob
assert_status 77
tssh admin limits --user nobody
assert_status 65
sells() {
    tssh ann "sell A-1 1 --ref later"
    ((STATUS == 0))
}
assert_until sells

# ---- A batch waits instead: stock lines for their bucket, others for their class
slowed=$(stat_of batches_slowed)
tssh ann batch --format json < <(for ((i = 0; i < 120; i++)); do echo "sell A-1 1 --ref batch-$i"; done)
assert_status 0
assert_json 'len(rows) == 120 and all(r["ok"] for r in rows)'
assert_equal 120 "$(sold batch-)" "lines of the batch"
(($(stat_of batches_slowed) > slowed)) || fail "the batch was not slowed"
slowed=$(stat_of batches_slowed)
tssh ann batch --format json < <(for ((i = 0; i < 12; i++)); do echo whoami; done)
assert_status 0
assert_json 'sum("ok" in r and r["ok"] for r in rows) == 12'
(($(stat_of batches_slowed) > slowed)) || fail "the batch's queries were not slowed"
tssh ann batch --atomic --format json < <(for ((i = 0; i < 100; i++)); do echo "sell A-1 1 --ref atomic-$i"; done)
assert_status 0
assert_equal 100 "$(sold atomic-)" "lines of the atomic batch"
tssh ann batch --dry-run < <(for ((i = 0; i < 100; i++)); do echo 'sell A-1 1'; done)
assert_status 0
assert_contains "$ERR" '100 ok'

# ---- A limit of the user's own, heard while running
set_limit() { # USER CLASS PER_SECOND BURST
    sql "INSERT INTO user_limits SELECT user_id, '$2', $3, $4 FROM users WHERE name = '$1'
            ON CONFLICT (user_id, cost_class) DO UPDATE SET per_second = $3, burst = $4;
        SELECT pg_notify('stockroom_users', user_id || ' ' || password_epoch || ' 0 0') FROM users WHERE name = '$1'" >/dev/null
}
has_limit() { # USER CLASS PER_SECOND
    must admin limits --user "$1" --format json
    python3 -c 'import json, sys
sys.exit(not any(r["class"] == sys.argv[2] and r["source"] == "user" and r["per_second"] == int(sys.argv[3])
    for r in map(json.loads, open(sys.argv[1]))))' "$OUT_FILE" "$2" "$3"
}
set_limit carl batch 1 1
assert_until has_limit carl batch 1
tssh carl limits --format json
assert_json '(rows[4]["class"], rows[4]["source"], rows[4]["available"]) == ("batch", "user", 1)'

# ---- A batch that waits longer than a session may be idle; then its client goes, though much of its input is unread
seq 100000 | sed 's/.*/sell A-1 1 --ref gone-&/' >"$TEST_DIR/lines"
"${client_of[@]}" carl@stockroom batch <"$TEST_DIR/lines" >"$TEST_DIR/slow-out" 2>&1 &
client=$!
has_lines() { # NUMBER
    (($(wc -l <"$TEST_DIR/slow-out") >= $1))
}
assert_until has_lines 5
kill "$client"
wait "$client" || true
carl_is_gone() {
    must admin sessions --all --format json
    [[ $OUT != *'"user":"carl"'* ]]
}
assert_until carl_is_gone
(($(sold gone-) < 100)) || fail "it went on without its client: $(sold gone-)"

# ---- Raising the limit is felt at once; disabling the user ends it
"${client_of[@]}" carl@stockroom batch --progress <"$TEST_DIR/lines" >"$TEST_DIR/slow-out" 2>"$TEST_DIR/slow-err" &
client=$!
assert_until has_lines 1
set_limit carl batch 1000 1000
assert_until has_lines 500
assert_contains "$(tr '\r' '\n' <"$TEST_DIR/slow-err")" 'batch: '
set_limit carl batch 1 1
assert_until has_limit carl batch 1
must admin user disable carl
status=0
wait "$client" || status=$?
((status != 0)) || fail "the batch of a disabled user ended well"
assert_contains "$(cat "$TEST_DIR/slow-err")" 'disabled'
assert_until carl_is_gone
must admin user enable carl

# ---- Logins: over the rate they are answered later, and nobody's is refused
new_user dora '--role staff --store S001'
must admin 'user set dora --limit login=1/2'
slowed() { # how long so many logins took, in seconds
    local at=$SECONDS
    for _ in 1 2 3 4 5; do
        tssh dora help
        ((STATUS == 0)) || fail "a login that was slowed: $ERR"
    done
    echo $((SECONDS - at))
}
took=$(slowed)
assert_matches "$took" '^([2-9]|[1-9][0-9]+)$' # two at once, three a second apart: at least two whole seconds on any clock
tssh_password dora "$(server_password dora)" help
assert_status 0
must admin 'user set dora --limit login=default'

# ---- The server stops while a batch waits
"${client_of[@]}" carl@stockroom batch --key stop <"$TEST_DIR/lines" >"$TEST_DIR/slow-out" 2>"$TEST_DIR/slow-err" &
client=$!
assert_until has_lines 1
server_stop TERM
assert_status 0
status=0
wait "$client" || status=$?
assert_equal 75 "$status" "exit status of a batch that was stopped"
assert_contains "$(cat "$TEST_DIR/slow-err")" 'server is stopping'
assert_ledger_is_sound
test_done
