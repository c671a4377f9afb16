#!/bin/bash
# Sessions: who sees and ends whose, how many an account may have, and that they end when idle or too old.
# shellcheck source=tests/lib/server.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../lib/server.sh"
# shellcheck source=tests/ssh/held.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/held.sh"
server_start '[limits]' 'sessions_per_account = 6'

must admin store add S001 --name One
must admin store add S002 --name Two
must admin product add A-1 --name Lamp
new_user bob '--role owner --store S001'
new_user eve '--role owner --store S002'
new_user ann '--role staff --store S001'

# ---- What is shown
tssh ann sessions --format json
assert_status 0
assert_json 'len(rows) == 1'
assert_json '(row["user"], row["role"], row["source"], row["method"]) == ("ann", "staff", "127.0.0.1", "key")'
assert_json 'row["current"] is True and row["screen"] is False and row["commands"] == 1'
assert_json 'row["idle_seconds"] == 0 and row["started_at"].endswith("Z")'
tssh ann sessions --format csv
assert_contains "$OUT" 'session,user,role,source,method,started_at,idle_seconds,commands,screen,current'
tssh ann sessions --all
assert_status 77

held_start ann
tssh bob sessions --format json
assert_json '[r["user"] for r in rows] == ["bob"]'
tssh bob sessions --all --format json
assert_json '[r["user"] for r in rows] == ["ann"] * 3 + ["bob"]'
assert_json '[r["session"] for r in rows] == sorted(r["session"] for r in rows)'
assert_json 'sum(r["screen"] for r in rows) == 1 and [r["current"] for r in rows] == [False] * 3 + [True]'
assert_json '1 in [r["commands"] for r in rows if r["user"] == "ann"]'
tssh eve sessions --all --format json
assert_json '[r["user"] for r in rows] == ["eve"]'
tssh admin sessions --all --limit 2 --format json
assert_json 'len([r for r in rows if "user" in r]) == 2'
after=$(python3 -c 'import json,sys; print([json.loads(l) for l in open(sys.argv[1])][-1]["after"])' "$OUT_FILE")
tssh admin sessions --all --after "$after" --format json
assert_json '[r["user"] for r in rows] == ["ann", "admin"]'

# ---- Who may end whose: what may not be seen and what is not there, in the same words
mapfile -t numbers < <(held_sessions ann | cut -d ' ' -f 1)
tssh eve session end "${numbers[0]}" --format json
assert_status 65
first=${OUT//${numbers[0]}/N}
tssh eve session end 999999999 --format json
assert_equal "$first" "${OUT//999999999/N}"
for bad in 0 -1 x 99999999999999999999; do
    tssh ann "session end -- $bad" || true
    [[ $STATUS == 64 || $STATUS == 65 ]] || fail "session end $bad: $STATUS"
done
tssh bob batch --dry-run < <(printf 'session end %s\n' "${numbers[@]}")
assert_status 0
assert_until held_are_open ann 3

tssh bob batch < <(printf 'session end %s\n' "${numbers[@]}")
assert_status 0
held_assert_ended ann 'This session was ended by bob'
assert_equal 3 "$(sql "SELECT count(*) FROM audit_events a JOIN users u USING (user_id) WHERE u.name = 'bob' AND action = 'session end'
    AND kind = 'session' AND outcome = 'done' AND before->>'user' = 'ann'")" "audited ends"
assert_until eval '[[ $(sql "SELECT count(*) FROM audit_events WHERE outcome = '"'refused'"' AND action = '"'session end'"'") == 1 ]]'

# ---- One's own, this very one: it is answered first
tssh ann batch --format json < <(printf '%s\n' sessions)
session=$(sed -n 's/.*"session":\([0-9]*\).*/\1/p' <<<"$OUT")
tssh ann "session end $session"
assert_status 65 # that one has gone
mkfifo "$TEST_DIR/fifo"
held_ssh ann batch --format json <"$TEST_DIR/fifo" >"$TEST_DIR/out-own" 2>"$TEST_DIR/err-own" &
client=$!
exec 8>"$TEST_DIR/fifo"
echo sessions >&8
has_own() { session=$(sed -n 's/.*"session":\([0-9]*\).*/\1/p' "$TEST_DIR/out-own") && [[ -n $session ]]; }
assert_until has_own
printf '%s\n' "session end $session" whoami >&8
wait "$client" || true
exec 8>&-
assert_contains "$(cat "$TEST_DIR/out-own")" '"ended":true'
assert_lacks "$(cat "$TEST_DIR/out-own")" '"role":"staff","stores"'

# ---- An account's sessions
pids=()
for ((i = 0; i < 6; i++)); do
    held_ssh -N ann >/dev/null 2>&1 </dev/null &
    pids+=($!)
done
has_six() { [[ $(held_sessions ann | wc -l) == 6 ]]; }
assert_until has_six
capture timeout 60 ssh -F "$SERVER_DIR/ssh_config" -o BatchMode=yes -o LogLevel=INFO ann@stockroom whoami
assert_status 255
assert_contains "$ERR" 'You have 6 sessions already, as many as are allowed'
must bob whoami
kill "${pids[0]}"
comes_in() { tssh ann whoami; ((STATUS == 0)); }
assert_until comes_in
kill "${pids[@]:1}"

# ---- Idle: all kinds go; what runs stays
server_stop TERM
server_configure "server-$SERVER_DATABASE" '[limits]' 'idle_seconds = 4'
server_launch
held_ssh ann watch --format json >"$TEST_DIR/watch-out" 2>"$TEST_DIR/watch-err" </dev/null &
watch=$!
held_start ann 4
held_assert_ended ann 'No input for 4 seconds'
must admin stock-in A-1 5 --store S001
assert_until test -s "$TEST_DIR/watch-out"
kill "$watch"

# ---- Too old
server_stop TERM
server_configure "server-$SERVER_DATABASE" '[limits]' 'session_seconds = 6'
server_launch
held_start ann
held_assert_ended ann 'This session has lasted 6 seconds, the most that is allowed'
test_done
