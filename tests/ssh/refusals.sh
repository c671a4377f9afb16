#!/bin/bash
# What SSH can ask for and this server does not give: forwarding of any kind, subsystems, odd environments, a second command.
# shellcheck source=tests/lib/server.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../lib/server.sh"
server_start

must admin store add S001 --name One
new_user ann '--role staff --store S001'
forward=$(free_port)
ssh_ann() { capture timeout 60 ssh -F "$SERVER_DIR/ssh_config" -o BatchMode=yes "$@"; }

# -R: a remote port
ssh_ann -o ExitOnForwardFailure=yes -R "$forward:127.0.0.1:$SERVER_PORT" ann@stockroom whoami
assert_status 255
assert_contains "$ERR" 'forwarding'

# -L: the client listens, the server refuses to connect onwards; the session itself lives
mkfifo "$TEST_DIR/fifo"
timeout 60 ssh -F "$SERVER_DIR/ssh_config" -o BatchMode=yes -o ExitOnForwardFailure=yes -L "127.0.0.1:$forward:127.0.0.1:$SERVER_PORT" \
    ann@stockroom batch <"$TEST_DIR/fifo" >"$TEST_DIR/first-out" 2>"$TEST_DIR/first-err" &
client=$!
exec 5>"$TEST_DIR/fifo"
echo whoami >&5
has_answered() { grep -q 'ok whoami' "$TEST_DIR/first-out"; }
assert_until has_answered
banner=''
exec 6<>"/dev/tcp/127.0.0.1/$forward"
IFS= read -r -t 30 -u 6 banner || true
exec 6>&-
assert_equal '' "$banner" "what comes through a refused forwarding"
echo whoami >&5
exec 5>&-
status=0
wait "$client" || status=$?
assert_equal 0 "$status" "the session beside a refused forwarding"
assert_equal 2 "$(grep -c 'ok whoami' "$TEST_DIR/first-out")" "answers"

# -W, -s, -A, -X: refused, or without effect
ssh_ann -W "127.0.0.1:$SERVER_PORT" ann@stockroom </dev/null
assert_status 255
ssh_ann -s ann@stockroom sftp </dev/null
assert_status 255
assert_contains "$ERR" subsystem
for flag in -A -X -Y; do
    ssh_ann "$flag" ann@stockroom whoami </dev/null
    assert_status 0
    assert_contains "$OUT" ann
done
# tunnels
ssh_ann -o Tunnel=yes -w any ann@stockroom whoami </dev/null
assert_lacks "$ERR" 'tunnel device open'

# environment: nothing of it changes anything
capture env LC_ALL=C FOO=bar timeout 60 ssh -F "$SERVER_DIR/ssh_config" -o BatchMode=yes -o SendEnv='LC_* FOO' -o SetEnv=LD_PRELOAD=x ann@stockroom whoami
assert_status 0

# compression, old key exchanges, ciphers and MACs, the SHA-1 signature
for option in KexAlgorithms=diffie-hellman-group14-sha1 KexAlgorithms=diffie-hellman-group14-sha256 Ciphers=aes128-cbc Ciphers=3des-cbc \
    MACs=hmac-sha1 MACs=hmac-md5; do
    if ssh -G -F "$SERVER_DIR/ssh_config" -o "$option" stockroom >/dev/null 2>&1; then
        ssh_ann -o "$option" ann@stockroom whoami </dev/null
        [[ $option == MACs=* && $STATUS == 0 ]] && ssh_ann -o Ciphers=aes256-ctr -o "$option" ann@stockroom whoami </dev/null
        assert_status 255
    fi
done
ssh_ann -o Compression=yes ann@stockroom whoami </dev/null
assert_status 0
assert_lacks "$(timeout 60 ssh -v -F "$SERVER_DIR/ssh_config" -o LogLevel=DEBUG1 -o BatchMode=yes -o Compression=yes ann@stockroom whoami 2>&1 </dev/null)" 'compression: zlib'

must ann whoami
test_done
