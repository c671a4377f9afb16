#!/bin/bash
# Wrong passwords hold up the account that they were for, whether it exists or not; not its keys, its tokens, and sources
# that have logged in to it; and are forgiven.
# shellcheck source=tests/lib/server.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../lib/server.sh"
server_start '[penalties]' 'exempt = 127.0.0.0/8' 'account_failures = 3' 'account_seconds = 600' 'account_most_seconds = 600' \
    '[passwords]' 'failure_floor_ms = 200' 'failure_jitter_ms = 50'

must admin store add S001 --name One
new_user ann '--role staff --store S001'
new_user bob '--role staff --store S001'
must ann login
token=$OUT

# From 127.0.0.9, where nobody has logged in from.
from_afar() { # USER PASSWORD COMMAND…
    local user=$1 password=$2
    shift 2
    capture env STOCKROOM_ASKPASS_PASSWORD="$password" SSH_ASKPASS="$STOCKROOM_ROOT/packaging/askpass.sh" \
        SSH_ASKPASS_REQUIRE=force timeout 120 ssh -F "$SERVER_DIR/ssh_config" -b 127.0.0.9 -o LogLevel=INFO -o PubkeyAuthentication=no \
        -o PreferredAuthentications=password -o NumberOfPasswordPrompts=1 "$user@stockroom" "$@"
}
refused() { grep -c '"event":"login.failed".*Too many failed passwords' "$SERVER_DIR/server.log" || true; }

# As many as cost nothing, one that begins the penalty, and from then on no password is looked at.
answers=()
for user in ann nobody 'x.y-z'; do
    answer=''
    for _ in 1 2 3 4; do
        from_afar "$user" 'wrong password' whoami
        assert_status 255
        assert_lacks "$ERR" 'Too many'
        answer+="$ERR;"
    done
    for _ in 1 2; do
        from_afar "$user" 'wrong password' whoami
        assert_status 255
        assert_matches "$ERR" 'Too many failed passwords for this account, try again in [0-9]+ seconds'
        answer+="$(sed -E 's/in [0-9]+ /in N /' <<<"$ERR");"
    done
    answers+=("${answer//$user/NAME}")
done
for answer in "${answers[@]}"; do
    assert_equal "${answers[0]}" "$answer" 'what accounts answer that exist and that do not'
done
assert_equal 6 "$(refused)" 'refused without a look'
from_afar ann "$(server_password ann)" whoami # right, and yet
assert_status 255
assert_contains "$ERR" 'Too many failed passwords'
assert_equal 7 "$(refused)" 'refused without a look'

# A source that has logged in to the account, keys and tokens are not held up; nor is another account.
tssh_password ann "$(server_password ann)" whoami
assert_status 0
from_afar ann "$token" whoami
assert_status 0
from_afar bob "$(server_password bob)" whoami
assert_status 0

# That login by token has made 127.0.0.9 known to ann.
from_afar ann "$(server_password ann)" whoami
assert_status 0

# Many at once use up no more than what is free: the rest waits for these, and is refused then.
for user in carl; do
    pids=()
    for i in {1..12}; do
        from_afar_quietly() {
            STOCKROOM_ASKPASS_PASSWORD=wrong-password SSH_ASKPASS="$STOCKROOM_ROOT/packaging/askpass.sh" SSH_ASKPASS_REQUIRE=force \
                timeout 120 ssh -F "$SERVER_DIR/ssh_config" -b 127.0.0.9 -o LogLevel=INFO -o PubkeyAuthentication=no \
                -o PreferredAuthentications=password -o NumberOfPasswordPrompts=1 "$user@stockroom" whoami
        }
        from_afar_quietly >/dev/null 2>"$TEST_DIR/many-$i" </dev/null &
        pids+=($!)
    done
    for pid in "${pids[@]}"; do
        wait "$pid" || true
    done
    held=$(cat "$TEST_DIR"/many-* | grep -c 'Too many failed passwords' || true)
    assert_equal 8 "$held" 'of 12 at once, refused without a look'
done

# Forgiven: a short penalty runs out.
server_stop TERM
SERVER_EXTRA+=('[penalties]' 'account_seconds = 1' 'account_most_seconds = 1')
server_launch
for _ in 1 2 3 4; do
    from_afar ann 'wrong password' whoami
done
gets_in() {
    from_afar ann "$(server_password ann)" whoami
    ((STATUS == 0))
}
assert_until gets_in

# The log has neither the names nor the passwords that failed, but tells the accounts apart.
failed=$(grep login.failed "$SERVER_DIR/server.log")
for name in nobody x.y-z carl 'wrong password' wrong-password; do
    assert_lacks "$failed" "$name"
done
assert_equal 4 "$(grep -o '"account":"[0-9a-f]*"' <<<"$(head -n 31 <<<"$failed")" | sort -u | wc -l)" 'accounts told apart'
test_done
