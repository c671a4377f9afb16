#!/bin/bash
# Bad input: each a clear error with its code, in bounded memory, others unharmed.
# shellcheck source=tests/lib/server.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../lib/server.sh"
server_start

must admin store add S001 --name One
must admin product add A-1 --name Lamp
must admin product add K-1 --name Apples --unit kg
new_user ann '--role staff --store S001'
must ann stock-in A-1 100
must ann stock-in K-1 100

error() { # STATUS CODE COMMAND… — by exec; the code comes on stderr
    local status=$1 code=$2
    shift 2
    tssh ann "$@"
    assert_status "$status"
    assert_matches "$ERR" "^stockroom: $code: "
}
line() { # CODE LINE — as a line of a batch, with good lines around it
    local code=$1
    printf 'sell A-1 1\n%b\nsell A-1 1\n' "$2" >"$TEST_DIR/lines"
    tssh ann batch --format json <"$TEST_DIR/lines"
    assert_status 1
    assert_json "[r.get('error') for r in rows] == [None, '$code', None] and rows[1]['line'] == 2 and rows[2]['line'] == 3"
}

# ---- Words
error 64 unknown-command frobnicate
error 64 unknown-command "''"
error 64 usage sell A-1 1 --frobnicate
error 64 usage sell A-1 1 --note
error 64 usage sell A-1 1 2
error 64 usage "sell A-1 1 'open quote"
error 64 usage 'sell A-1 1 "open quote'
error 64 usage 'sell A-1 1 \'
error 65 unknown-product sell NOPE 1
error 65 unknown-store sell A-1 1 --store NOPE
error 65 bad-value sell A-1 1 --store "'no/code'"
line unknown-command frobnicate
line usage 'sell A-1'
line usage "sell A-1 1 'open quote"
line usage 'sell A-1 1 \\'
line unknown-product 'sell NOPE 1'
line unknown-store 'sell A-1 1 --store NOPE'

# ---- Quantities
for quantity in 0 0.000 -1 -0.5 +1 1e3 1,5 0x10 ' ' 1.2345 .0001 9223372036854775808 99999999999999999999999999 NaN inf ٣ 1..2; do
    error 65 bad-value sell K-1 "'$quantity'"
    line bad-value "sell K-1 '${quantity}'"
done
error 65 bad-value sell A-1 1.5 # not sold by weight
error 65 bad-value stock-in A-1 1 --cost -1
error 65 bad-value stock-in A-1 1 --cost 1.23456
error 65 bad-value sell A-1 1 --price 99999999999999999999
error 65 bad-value sell A-1 1 --at "'next week'"

# ---- Bytes
error 65 bad-encoding "$(printf 'sell A-1 1 --note \xff\xfe')"
error 65 bad-encoding "$(printf 'sell A-1 1 --note \xc0\xaf')"
error 65 bad-encoding "$(printf 'sell A-1 1 --note \xed\xa0\x80')"
error 65 bad-encoding "$(printf 'sell A-1 1 --note \x01')"
line bad-encoding 'sell A-1 1 --note \xff'
line bad-encoding 'sell\0 A-1 1'
line bad-encoding '\0'
line bad-encoding 'sell A-1 1 --note "\x1b[2J"'
line bad-encoding 'sell A-1 1 --note a\x7fb'
# what would change how a terminal shows it: control, bidi, zero-width, invisible
for point in '\u202e' '\u2066' '\u200b' '\u200d' '\u2028' '\ufeff' '\u00ad' '\u0085' '\U000e0041' '\ue000'; do
    name=$(printf "bad${point}name")
    tssh admin product add X-1 --name "'$name'"
    assert_status 65
    assert_matches "$ERR" '^stockroom: bad-(value|encoding): '
    tssh admin product add "'X${name}'" --name fine
    assert_status 65
    tssh ann sell A-1 1 --note "'$name'"
    assert_status 65
    tssh admin store add S009 --name "'$name'"
    assert_status 65
done
tssh admin product list --search X --format json
assert_equal '' "$OUT" "no bad name was stored"
tssh admin product add Ü-1 --name "'Grüße 日本 🙂'"
assert_status 0

# ---- Lengths
long() { head -c "$1" /dev/zero | tr '\0' x; }
{ echo 'sell A-1 1'; echo "# $(long 65534)"; echo 'sell A-1 1'; } >"$TEST_DIR/lines" # 64 KiB: just fits
tssh ann batch --format json <"$TEST_DIR/lines"
assert_status 0
assert_json "[r['line'] for r in rows] == [1, 3]"
{ echo 'sell A-1 1'; echo "# $(long 65535)"; echo 'sell A-1 1'; } >"$TEST_DIR/lines" # 64 KiB + 1
tssh ann batch --format json <"$TEST_DIR/lines"
assert_status 1
assert_json "[(r['line'], r.get('error')) for r in rows] == [(1, None), (2, 'too-long'), (3, None)]"
{ echo 'sell A-1 1'; echo "sell A-1 1 --note $(long 4097)"; echo 'sell A-1 1'; } >"$TEST_DIR/lines" # a word
tssh ann batch --format json <"$TEST_DIR/lines"
assert_json "rows[1]['error'] == 'too-long'"
error 65 bad-value sell A-1 1 --note "$(long 501)"
error 65 bad-value sell A-1 1 --ref "$(long 129)"
error 65 bad-value sell "$(long 65)" 1
{ printf 'sell A-1 1'; for i in {1..1100}; do printf ' w'; done; } >"$TEST_DIR/lines"
tssh ann batch --format json <"$TEST_DIR/lines"
assert_json "row['error'] == 'too-long'"

# ---- A line of 1 GiB without an end: told once, kept nowhere, others go on
core=$(pgrep -P "$SERVER_PID" -f stockroomd-core)
memory_kib() { awk '/^VmRSS/ { print $2 }' "/proc/$core/status"; }
before=$(memory_kib)
TSSH_SECONDS=200 tssh ann batch --format json < <(echo 'sell A-1 1'; head -c 1073741824 /dev/zero | tr '\0' y; printf '\nsell A-1 1\n')
assert_status 1
assert_json "[(r['line'], r.get('error')) for r in rows] == [(1, None), (2, 'too-long'), (3, None)]"
grown=$(($(memory_kib) - before))
((grown < 16384)) || fail "core grew by $grown KiB"
must ann whoami

# ---- stdin of commands that read it
tssh admin user add x1 --role staff --store S001 --password-stdin < <(printf 'pass\0word with NUL\n')
assert_status 65
tssh admin user add x1 --role staff --store S001 --password-stdin < <(printf '\xff\xfe\xff\xfe\xff\xfe\xff\xfe\n')
assert_status 65
tssh admin user add x1 --role staff --store S001 --password-stdin < <(long 100000)
assert_status 65
assert_contains "$ERR" too-long
tssh ann key add < <(printf 'ssh-ed25519 %s\n' "$(long 5000)")
assert_status 65

# ---- Half-closed: end of input at once, and answers still arrive
tssh ann batch --format json < <(printf 'sell A-1 1\nsell A-1 1')
assert_status 0
assert_json "len(rows) == 2"
# a client that closes its reading half: the server notices, and goes on for others
timeout 60 ssh -F "$SERVER_DIR/ssh_config" -o BatchMode=yes ann@stockroom batch < <(for ((i = 0; i < 20000; i++)); do echo 'inventory'; done) 2>/dev/null | head -n 1 >/dev/null || true
must ann whoami

assert_ledger_is_sound
test_done
