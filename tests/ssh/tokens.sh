#!/bin/bash
# Access tokens through ssh: taken in place of the password on every server that has the key, without the database, until
# they expire or are ended; and nothing but what such a server has made is taken.
# shellcheck source=tests/lib/server.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../lib/server.sh"
# shellcheck source=tests/ssh/held.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/held.sh"
server_start '[throttle]' 'staff_login = none' '[penalties]' 'account_failures = 1000' 'exempt = 127.0.0.1' '[passwords]' 'failure_floor_ms = 0' 'failure_jitter_ms = 0'
server_start_other '[tokens]' "key = $SERVER_DIR/token_key" '[penalties]' 'exempt = 127.0.0.1' '[passwords]' 'failure_floor_ms = 0' 'failure_jitter_ms = 0'

must admin store add S001 --name One
new_user ann '--role staff --store S001'
new_user bob '--role staff --store S001'
assert_equal 600 "$(stat -c %a "$SERVER_DIR/token_key")" "the key's mode"

token_of() { # USER [OPTIONS]
    local user=$1
    shift
    must "$user" login "$@"
    printf '%s' "$OUT"
}
refuses() { # USER TOKEN
    tssh_password "$1" "$2" whoami
    assert_status 255
    assert_equal '' "$OUT" stdout
    assert_contains "$ERR" 'Permission denied'
}

# ---- Made and taken
token=$(token_of ann)
assert_matches "$token" '^eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$'
((${#token} < 1000)) || fail "a token of ${#token} bytes"
tssh_password ann "$token" whoami --format json
assert_status 0
assert_json "row['user'] == 'ann' and row['method'] == 'token' and row['key'] is None and row['expires_at'].endswith('Z')"
tssh ann whoami --format json
assert_json "row['method'] == 'key' and row['expires_at'] is None and row['has_password'] and not row['must_change_password']"
on_other tssh_password ann "$token" whoami --format json
assert_status 0
assert_json "row['user'] == 'ann' and row['method'] == 'token'"
refuses bob "$token" # it is ann's

must ann login --ttl 90s --format json
assert_json "len(row['token']) < 1000 and row['expires_at'].endswith('Z')"
for ttl in 15m 8h 7d; do
    must ann login --ttl "$ttl"
done
for ttl in 59s 8d 0s 1 h -1h 1w '1h ' 99999999999d; do
    tssh ann "login --ttl='$ttl'"
    assert_status 65
done

# ---- What a session by token may not do
tssh_password ann "$token" login
assert_status 77
assert_contains "$ERR" 'a token makes no tokens'
tssh_password ann "$token" passwd < <(echo 'a password by token')
assert_status 77
tssh_password ann "$token" key add <"$SERVER_DIR/keys/bob.pub"
assert_status 77
tssh_password ann "$token" key remove 1
assert_status 77
tssh_password ann "$(server_password ann)" whoami
assert_status 0

# ---- Without the database: only the epoch is looked up, and in memory
coproc LOCK { psql -X -q -A -t -v ON_ERROR_STOP=1 "$SERVER_DSN" 2>&1; }
lock_pid=$LOCK_PID
printf 'BEGIN; LOCK TABLE users IN ACCESS EXCLUSIVE MODE; SELECT %s;\n' "'locked'" >&"${LOCK[1]}"
IFS= read -r answer <&"${LOCK[0]}"
assert_equal locked "$answer" 'the lock'
tssh_password ann "$token" help
assert_status 0
assert_contains "$OUT" 'stock-in'
on_other tssh_password ann "$token" help
assert_status 0
printf 'ROLLBACK;\n\\q\n' >&"${LOCK[1]}"
wait "$lock_pid"

# With the listener's link down the database is asked, and the answer is the same.
sql "ALTER ROLE $SERVER_APP_ROLE NOLOGIN" >/dev/null
sql "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '$SERVER_APP_ROLE'" >/dev/null
is_stale() { grep -q access.stale "$SERVER_DIR/server.log"; }
assert_until is_stale
tssh_password ann "$token" whoami
assert_status 255
assert_contains "$(cat "$SERVER_DIR/server.log")" 'The database is unavailable'
sql "ALTER ROLE $SERVER_APP_ROLE LOGIN" >/dev/null
gets_in() {
    tssh_password ann "$token" whoami
    ((STATUS == 0))
}
assert_until gets_in

# ---- Forged
make_token() { "$STOCKROOM_TEST_BIN/ssh_make_token" "$@"; }
epoch_of() { sql "SELECT token_epoch FROM users WHERE name = '$1'"; }
now=$(date +%s) epoch=$(epoch_of ann)
claims() { # ISSUER AUDIENCE USER IAT EXP EPOCH
    printf '{"iss":"%s","aud":"%s","sub":"%s","iat":%d,"exp":%d,"epoch":%d}' "$@"
}
good=$(claims stockroom stockroom ann "$now" $((now + 600)) "$epoch")
tssh_password ann "$(make_token "$SERVER_DIR/token_key" ES256 "$good")" whoami # so that the rest fails for its own reason
assert_status 0
key=$SERVER_DIR/token_key
refuses ann "$(make_token "$key" none "$good")"
refuses ann "$(make_token "$key" HS256 "$good")"
refuses ann "$(make_token "$key" HS384 "$good")"
refuses ann "$(make_token "$TEST_DIR/other_key" ES256 "$good")"
refuses ann "$(make_token "$key" ES256 "$(claims other stockroom ann "$now" $((now + 600)) "$epoch")")"
refuses ann "$(make_token "$key" ES256 "$(claims stockroom other ann "$now" $((now + 600)) "$epoch")")"
refuses ann "$(make_token "$key" ES256 "$(claims stockroom stockroom ann $((now - 600)) $((now - 1)) "$epoch")")"
refuses ann "$(make_token "$key" ES256 "$(claims stockroom stockroom ann "$now" $((now + 604900)) "$epoch")")"
refuses ann "$(make_token "$key" ES256 "$(claims stockroom stockroom ann $((now + 3600)) $((now + 7200)) "$epoch")")"
refuses ann "$(make_token "$key" ES256 "$(claims stockroom stockroom ann "$now" $((now + 600)) $((epoch + 1)))")"
refuses ann "$(make_token "$key" ES256 "$(claims stockroom stockroom ann "$now" $((now + 600)) $((epoch - 1)))")"
refuses nobody "$(make_token "$key" ES256 "$(claims stockroom stockroom nobody "$now" $((now + 600)) 0)")"
refuses ann "${token%?}"
refuses ann "${token}A"
refuses ann "$token.x"
refuses ann "${token%%.*}..${token##*.}"
refuses ann "$token$(head -c 800 /dev/zero | tr '\0' A)"

# ---- Who may not log in may not by token
bobs=$(token_of bob)
must admin user disable bob
is_out() {
    tssh_password bob "$bobs" whoami
    ((STATUS == 255))
}
assert_until is_out
must admin user enable bob

# ---- Ended by logout, on every server, with the sessions it opened; other sessions go on
TSSH_TOKEN=$token
token_session() { # OUT ERR — a batch that waits for more lines
    STOCKROOM_ASKPASS_PASSWORD=$TSSH_TOKEN SSH_ASKPASS=$STOCKROOM_ROOT/packaging/askpass.sh SSH_ASKPASS_REQUIRE=force \
        timeout 120 ssh -F "$OTHER_DIR/ssh_config" -o PreferredAuthentications=password -o PubkeyAuthentication=no \
        -o NumberOfPasswordPrompts=1 ann@stockroom batch
}
mkfifo "$TEST_DIR/fifo"
token_session <"$TEST_DIR/fifo" >"$TEST_DIR/session-out" 2>"$TEST_DIR/session-err" &
session_pid=$!
exec 8>"$TEST_DIR/fifo"
echo 'whoami' >&8
has_answered() { [[ -s $TEST_DIR/session-out ]]; }
assert_until has_answered
must ann logout --format json
assert_json "row == {'user': 'ann', 'tokens_ended': True}"
has_ended() { ! process_start_time "$session_pid" >/dev/null; }
assert_until has_ended
exec 8>&-
assert_contains "$(cat "$TEST_DIR/session-err")" 'The token that opened this session was ended'
refuses ann "$token"
on_other refuses ann "$token"
must ann whoami
assert_equal 1 "$(sql "SELECT count(*) FROM audit_events WHERE action = 'logout' AND target = 'ann' AND outcome = 'done'")" 'audit rows'
token=$(token_of ann)
tssh_password ann "$token" whoami
assert_status 0

# A token may end itself, and is told that it has.
tssh_password ann "$token" logout
refuses ann "$token"

# ---- Nothing of it is in the logs
for part in 1 2 3; do
    assert_lacks "$(cat "$SERVER_DIR/server.log" "$OTHER_DIR/server.log")" "$(cut -d. -f$part <<<"$token" | cut -c 30-60)"
done

# ---- A key that is open to others is refused; without one there are no tokens
server_stop TERM
chmod 0644 "$SERVER_DIR/token_key"
capture timeout 60 bash -c "cd '$SERVER_DIR' && exec '$STOCKROOM_TEST_BIN/stockroomd' serve -c stockroom.ini </dev/null"
((STATUS != 0)) || fail 'served with a key that is open to others'
assert_contains "$OUT$ERR" 'is open to others'
SERVER_EXTRA+=('[tokens]' 'issuer = another')
chmod 0600 "$SERVER_DIR/token_key"
server_launch
refuses ann "$(make_token "$SERVER_DIR/token_key" ES256 "$(claims stockroom stockroom ann "$now" $((now + 600)) "$(epoch_of ann)")")"
tssh_password ann "$(make_token "$SERVER_DIR/token_key" ES256 "$(claims another stockroom ann "$now" $((now + 600)) "$(epoch_of ann)")")" whoami
assert_status 0
test_done
