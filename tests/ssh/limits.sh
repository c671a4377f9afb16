#!/bin/bash
# Before login: the grace time, the number of connections, in all and from one source; each with plain words.
# shellcheck source=tests/lib/server.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../lib/server.sh"
server_start '[limits]' 'login_grace_seconds = 2' 'sessions_per_source = 6'

# What a client that sends these bytes and then nothing is told before it is cut off.
silent() { # BYTES FILE
    exec 4<>"/dev/tcp/127.0.0.1/$SERVER_PORT"
    printf '%b' "$1" >&4
    timeout 60 cat <&4 >"$2" || return 1 # ends when the server closes
    exec 4<&-
}
for bytes in '' 'SSH-2.0-silent\r\n' 'SSH-2.0-silent\r\n\0\0\0\x1c\x05\x14'; do
    capture silent "$bytes" "$TEST_DIR/told"
    assert_status 0
    assert_contains "$(tr -d '\0' <"$TEST_DIR/told")" SSH-2.0-
done

# Six connections that say nothing: the seventh is refused in words, before any SSH. (On a slow machine the grace time of the
# first may be over before the seventh is there: then once more.)
told_seventh() {
    local fd told=1
    for fd in 10 11 12 13 14 15; do
        eval "exec $fd<>/dev/tcp/127.0.0.1/$SERVER_PORT"
    done
    if silent '' "$TEST_DIR/seventh" && [[ $(tr -d '\0' <"$TEST_DIR/seventh") == Too\ many* ]]; then
        told=0
    fi
    for fd in 10 11 12 13 14 15; do
        eval "exec $fd>&-"
    done
    return "$told"
}
assert_until told_seventh

# And then all is as before.
can_log_in() {
    tssh admin whoami
    ((STATUS == 0))
}
assert_until can_log_in
test_done
