#!/bin/bash
# Clients behind a balancer (127.0.0.2 here): the PROXY header says where they are, and only a balancer's is believed.
# shellcheck source=tests/lib/server.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../lib/server.sh"
# shellcheck source=tests/ssh/door_lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/door_lib.sh"
server_start '[server]' 'proxy_from = 127.0.0.2 192.0.2.0/24' 'proxy_seconds = 60' \
    '[limits]' 'sessions_per_source = 2' 'unauthenticated = 40' \
    '[penalties]' 'login_failure_seconds = 10' 'enforce_seconds = 30' 'no_login_seconds = 0'

WORDS='The balancer has sent no right PROXY header'
BALANCER=127.0.0.2

# ---- Logins through it, each header whole, byte by byte, and in one packet with what follows --------------------------

comes_from() { # ADDRESS HOW HEADER
    pssh "$2" "$3" admin whoami
    assert_status 0
    assert_until log_has '"process":"front"' '"event":"session.open"' "\"source\":\"$1\""
    assert_until log_has '"process":"core"' '"event":"session.open"' "\"source\":\"$1\""
}
comes_from 198.51.100.1 plain v1:198.51.100.1
comes_from 198.51.100.2 split v1:198.51.100.2
comes_from 198.51.100.3 joined v1:198.51.100.3
comes_from 198.51.100.4 plain v2:198.51.100.4
comes_from 198.51.100.5 split v2:198.51.100.5
comes_from 198.51.100.6 joined v2:198.51.100.6
comes_from 2001:db8:1::1 plain v1:2001:db8:1::1
comes_from 2001:db8:2::1 split v2:2001:db8:2::1
assert_equal 0 "$(log_count "\"source\":\"$BALANCER\"")"

# What says nothing of a client is the balancer's own.
for header in v1:unknown v2:local; do
    before=$(log_count '"process":"front"' '"event":"session.open"' "\"source\":\"$BALANCER\"")
    pssh plain "$header" admin whoami
    assert_status 0
    assert_equal $((before + 1)) "$(log_count '"process":"front"' '"event":"session.open"' "\"source\":\"$BALANCER\"")"
done

# ---- Limits and penalties are the clients' own --------------------------------------------------------------------------

hold "$BALANCER" 2 v2:198.51.100.7
assert_equal 2 "$(grep -c '^SSH-2.0-' <<<"$OUT")"
knock knock "$BALANCER" v2:198.51.100.7
assert_told "Too many connections from your address, try again later"
pssh plain v2:198.51.100.8 admin whoami
assert_status 0

# An IPv6 customer has a /64.
hold "$BALANCER" 1 v2:2001:db8:7:1::1
hold "$BALANCER" 1 v1:2001:db8:7:1:ffff::2
knock knock "$BALANCER" v2:2001:db8:7:1::3
assert_told "Too many connections from your address, try again later"
knock look "$BALANCER" v2:2001:db8:7:2::3
assert_matches "$OUT" '^SSH-2.0-'
release

fail_logins 6 -o ProxyCommand="python3 $DOOR_CLIENT relay $SERVER_PORT $BALANCER plain v2:2001:db8:8:1::1"
knock knock "$BALANCER" v2:2001:db8:8:1::2
assert_matches "$OUT" '^Too many failed attempts from your address, try again in [0-9]+ seconds'
pssh plain v2:2001:db8:8:2::1 admin whoami
assert_status 0

# ---- No header, a wrong one, half of one --------------------------------------------------------------------------------

for wrong in 'text:SSH-2.0-OpenSSH_9.2\r\n' 'text:GET / HTTP/1.1\r\n\r\n' 'text:PROXY TCP4 \x1b[31mEVIL 1 2 3\r\n' \
    'text:\x16\x03\x01\x02' 'text:PROXY TCP4 198.51.100.9 198.51.100.9 1 2\n' 'text:\r\n\r\n\0\r\nQUIT\n\x21\x11\xff\xff' \
    'text:\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x04EVIL'; do
    knock knock "$BALANCER" "$wrong"
    assert_told "$WORDS" "$wrong"
done
assert_until log_has '"connection.refused"' "\"source\":\"$BALANCER\"" "$WORDS"
assert_lacks "$(cat "$SERVER_DIR/server.log")" EVIL
assert_lacks "$(cat "$SERVER_DIR/server.log")" 198.51.100.9

# Silence, and slow ones: they end in time, and logins go on meanwhile, through the balancer too.
server_reload '[server]' 'proxy_seconds = 4'
SLOW=0 ENDS=()
for partial in '' 'PROXY TCP4 198.51' '\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\xc6\x33'; do
    SLOW=$((SLOW + 1))
    timeout 120 python3 "$DOOR_CLIENT" knock "$SERVER_PORT" "$BALANCER" "text:$partial" >"$TEST_DIR/slow-$SLOW" &
    ENDS+=($!)
done
pssh plain v1:198.51.100.10 admin whoami
assert_status 0
tssh admin whoami
assert_status 0
wait "${ENDS[@]}"
for number in 1 2 3; do
    assert_matches "$(tr -d '\0' <"$TEST_DIR/slow-$number")" "^$WORDS"
done

# So many may wait; one more, and the oldest has waited long enough: who comes with a header comes in.
server_reload '[server]' 'proxy_seconds = 60'
hold "$BALANCER" 40 text:P
pssh plain v1:198.51.100.11 admin whoami
assert_status 0
tssh admin whoami
assert_status 0
release

# ---- Only from there ----------------------------------------------------------------------------------------------------

opened_by() { # ADDRESS
    log_count '"process":"front"' '"event":"session.open"' "\"source\":\"$1\""
}
before=$(opened_by 127.0.0.1)
knock knock 127.0.0.1 v1:198.51.100.12
assert_equal $((before + 1)) "$(opened_by 127.0.0.1)"
assert_equal 0 "$(log_count '198.51.100.12')"
server_reload '[server]' 'proxy_from = 192.0.2.0/24'
before=$(opened_by "$BALANCER")
knock knock "$BALANCER" v1:198.51.100.13
assert_equal $((before + 1)) "$(opened_by "$BALANCER")"
assert_equal 0 "$(log_count '198.51.100.13')"

# Who waits for a header does not hold up the end.
server_reload '[server]' 'proxy_from = 127.0.0.2'
hold "$BALANCER" 1 text:P
server_stop TERM
assert_status 0
test_done
