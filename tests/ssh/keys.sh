#!/bin/bash
# Which public keys open an account: ed25519, ecdsa and rsa of 2048 bits or more; nothing else, whatever the client tries.
# shellcheck source=tests/lib/server.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../lib/server.sh"
server_start

must admin store add S001 --name One
new_user ann '--role staff --store S001'

key_works() { # TYPE [ssh-keygen's arguments]
    new_key ann -t "$@"
    tssh ann whoami --format json
    assert_status 0
    assert_json "row['key'] == '$(ssh-keygen -l -f "$SERVER_DIR/keys/ann.pub" | cut -d ' ' -f 2)'"
}
key_works ed25519
key_works ecdsa -b 256
key_works ecdsa -b 384
key_works ecdsa -b 521
key_works rsa -b 2048
# rsa signs with SHA-2 only
capture timeout 60 ssh -F "$SERVER_DIR/ssh_config" -o BatchMode=yes -o PubkeyAcceptedAlgorithms=rsa-sha2-256 ann@stockroom whoami
assert_status 0
capture timeout 60 ssh -F "$SERVER_DIR/ssh_config" -o BatchMode=yes -o PubkeyAcceptedAlgorithms=rsa-sha2-512 ann@stockroom whoami
assert_status 0
capture timeout 60 ssh -F "$SERVER_DIR/ssh_config" -o BatchMode=yes -o PubkeyAcceptedAlgorithms=ssh-rsa ann@stockroom whoami
assert_status 255

# A key too short is neither stored nor, put there by hand, accepted.
cp -p "$SERVER_DIR/keys/ann" "$TEST_DIR/good"
cp -p "$SERVER_DIR/keys/ann.pub" "$TEST_DIR/good.pub"
if ssh-keygen -q -t rsa -b 1024 -N '' -f "$TEST_DIR/short" </dev/null 2>/dev/null; then
    tssh ann key add "$(cat "$TEST_DIR/short.pub")"
    assert_status 65
    assert_contains "$ERR" 2048
    sql "INSERT INTO user_keys (user_id, type, blob, fingerprint)
        SELECT user_id, 'ssh-rsa', decode('$(cut -d ' ' -f 2 "$TEST_DIR/short.pub")', 'base64'), 'SHA256:short' FROM users WHERE name = 'ann'"
    capture timeout 60 ssh -F none -o BatchMode=yes -o RequiredRSASize=1024 -o IdentitiesOnly=yes -o IdentityFile="$TEST_DIR/short" -o IdentityAgent=none \
        -o UserKnownHostsFile="$SERVER_DIR/known_hosts" -o HostKeyAlias=stockroom -o StrictHostKeyChecking=yes -p "$SERVER_PORT" ann@127.0.0.1 whoami
    assert_status 255
fi

# A certificate for a key that would do is refused, whoever signed it; the plain key beside it works.
ssh-keygen -q -t ed25519 -N '' -f "$TEST_DIR/ca" </dev/null
ssh-keygen -q -t ed25519 -N '' -f "$TEST_DIR/certified" </dev/null
must ann key add "$(cat "$TEST_DIR/certified.pub")"
ssh-keygen -q -s "$TEST_DIR/ca" -I ann -n ann,admin "$TEST_DIR/certified.pub"
direct=(timeout 60 ssh -F none -o BatchMode=yes -o IdentitiesOnly=yes -o IdentityAgent=none -o UserKnownHostsFile="$SERVER_DIR/known_hosts"
    -o HostKeyAlias=stockroom -o StrictHostKeyChecking=yes -p "$SERVER_PORT")
capture "${direct[@]}" -o IdentityFile="$TEST_DIR/certified" -o CertificateFile="$TEST_DIR/certified-cert.pub" \
    -o PubkeyAcceptedAlgorithms=ssh-ed25519-cert-v01@openssh.com ann@127.0.0.1 whoami
assert_status 255
capture "${direct[@]}" -o IdentityFile="$TEST_DIR/certified" -o CertificateFile="$TEST_DIR/certified-cert.pub" ann@127.0.0.1 whoami
assert_status 0
capture "${direct[@]}" -o IdentityFile="$TEST_DIR/certified" admin@127.0.0.1 whoami # somebody else's
assert_status 255
tssh ann key add "$(cat "$TEST_DIR/certified-cert.pub")"
assert_status 65
for line in 'sk-ssh-ed25519@openssh.com AAAA' 'ssh-dss AAAA' 'command="x" ssh-ed25519 AAAA' 'ssh-ed25519 !!!!' 'ssh-ed25519' ''; do
    tssh ann key add <<<"$line"
    [[ $STATUS == 64 || $STATUS == 65 ]] || fail "key add '$line': exit status $STATUS: $ERR"
done

# Removed keys open nothing; added again, they do.
fingerprint=$(ssh-keygen -l -f "$TEST_DIR/certified.pub" | cut -d ' ' -f 2)
must ann key remove "$fingerprint"
capture "${direct[@]}" -o IdentityFile="$TEST_DIR/certified" ann@127.0.0.1 whoami
assert_status 255
must ann key add "$(cat "$TEST_DIR/certified.pub")"
capture "${direct[@]}" -o IdentityFile="$TEST_DIR/certified" ann@127.0.0.1 whoami
assert_status 0

# The movements tell which key it was.
must admin product add A-1 --name Lamp
must ann stock-in A-1 1
assert_equal 1 "$(sql "SELECT count(*) FROM stock_movements m JOIN user_keys k USING (key_id) WHERE k.user_id = m.user_id")" "movements with a key"

test_done
