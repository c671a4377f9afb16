#!/bin/bash
# Who gets in by password, and that those who do not learn nothing: unknown, disabled and keyless users are answered alike.
# shellcheck source=tests/lib/server.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../lib/server.sh"
server_start

must admin store add S001 --name One
new_user ann '--role staff --store S001'
new_user dis '--role staff --store S001'
must admin user disable dis
must admin user add keyless --role staff --store S001 --no-password

tssh_password ann "$(server_password ann)" whoami --format json
assert_status 0
assert_json "row['user'] == 'ann' and row['key'] is None"

# Failures: the same words, status and number of tries for everybody.
answers=()
for user in ann dis keyless nobody root 'x.y-z' "$(printf 'u%.0s' {1..60})"; do
    tssh_password "$user" 'wrong password' whoami
    assert_status 255
    assert_equal '' "$OUT" stdout
    answers+=("${ERR//$user/NAME}")
done
for answer in "${answers[@]}"; do
    assert_equal "${answers[0]}" "$answer" "the answer to a failed login"
done
for password in '' "$(server_password ann) " "$(server_password ANN)" "$(head -c 1000 /dev/zero | tr '\0' x)"; do
    tssh_password ann "$password" whoami
    assert_status 255
done
tssh_password dis "$(server_password dis)" whoami # right, and yet
assert_status 255
tssh dis whoami                                    # the right key, and yet
assert_status 255

# What is offered is the same for those who exist and those who do not.
methods() {
    timeout 60 ssh -v -F "$SERVER_DIR/ssh_config" -o LogLevel=DEBUG1 -o BatchMode=yes -o PreferredAuthentications=none "$1@stockroom" whoami 2>&1 </dev/null |
        grep -o 'Authentications that can continue: .*' | tr -d '\r' | sort -u
}
assert_matches "$(methods ann)" 'publickey'
for user in dis keyless nobody; do
    assert_equal "$(methods ann)" "$(methods "$user")" "methods for $user"
done

# The log names no names of those who failed, and no passwords at all.
assert_lacks "$(cat "$SERVER_DIR/server.log")" 'wrong password'
assert_lacks "$(grep login.failed "$SERVER_DIR/server.log")" nobody
assert_contains "$(cat "$SERVER_DIR/server.log")" login.failed
assert_contains "$(grep session.open "$SERVER_DIR/server.log")" '"user":"ann"'
assert_lacks "$(cat "$SERVER_DIR/server.log")" "$(server_password ann)"

# Raised cost: the hash is replaced at the next login, and only then.
hash_of() { sql "SELECT password_hash FROM users WHERE name = '$1'"; }
before=$(hash_of ann)
assert_contains "$before" 'm=8192,t=1'
SERVER_EXTRA=('[passwords]' 'passes = 2')
server_stop TERM
assert_status 0
server_launch
tssh_password ann 'wrong password' whoami
assert_equal "$before" "$(hash_of ann)" "the hash after a failed login"
tssh_password ann "$(server_password ann)" whoami
assert_status 0
is_rehashed() { [[ $(hash_of ann) == *m=8192,t=2* ]]; }
assert_until is_rehashed
tssh_password ann "$(server_password ann)" whoami
assert_status 0

# A failure is told no sooner than the floor, whoever it was; one whose client has gone meanwhile harms nobody.
SERVER_EXTRA=('[passwords]' 'failure_floor_ms = 1500' 'failure_jitter_ms = 100' '[limits]' 'sessions = 20')
server_stop TERM
server_launch
tssh_password ann "$(server_password ann)" whoami # so that wrong ones of hers do not hold up this address
assert_status 0
for user in ann dis keyless nobody; do
    began=$(date +%s%N)
    tssh_password "$user" 'wrong password' whoami
    assert_status 255
    took_ms=$((($(date +%s%N) - began) / 1000000))
    ((took_ms >= 1500)) || fail "$user was told after $took_ms ms"
done
tssh_password ann "eyJ.e30.AAAA" whoami # a token, too
assert_status 255
failures() { grep -c login.failed "$SERVER_DIR/server.log" || true; }
before=$(failures)
impatient=()
for _ in {1..5}; do
    STOCKROOM_ASKPASS_PASSWORD=wrong SSH_ASKPASS="$STOCKROOM_ROOT/packaging/askpass.sh" SSH_ASKPASS_REQUIRE=force \
        ssh -F "$SERVER_DIR/ssh_config" -o PreferredAuthentications=password -o PubkeyAuthentication=no ann@stockroom whoami \
        >/dev/null 2>&1 </dev/null &
    impatient+=($!)
done
have_failed() { (($(failures) >= before + 5)); }
assert_until have_failed
kill "${impatient[@]}"
wait "${impatient[@]}" || true
tssh_password ann "$(server_password ann)" whoami
assert_status 0

# Without its database the server says so, and lets people in again when it is back.
sql "ALTER ROLE $SERVER_APP_ROLE NOLOGIN" >/dev/null
sql "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '$SERVER_APP_ROLE'" >/dev/null
tssh_password ann "$(server_password ann)" whoami
assert_status 255
sql "ALTER ROLE $SERVER_APP_ROLE LOGIN" >/dev/null
gets_in() {
    tssh_password ann "$(server_password ann)" whoami
    ((STATUS == 0))
}
assert_until gets_in

test_done
