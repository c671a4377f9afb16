#!/bin/bash
# packaging/demo.sh as its users have it: start empty, again, stop, start with demo data, a load that broke, a taken port.
set -euo pipefail
# shellcheck source=packaging/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../../packaging/lib.sh"

: "${STOCKROOM_TEST_BIN:?is not set: the directory with the programs, e.g. build/dev/bin}"
export STOCKROOM_BIN=$STOCKROOM_TEST_BIN
work=$(mktemp -d /tmp/stockroom-test-demo.XXXXXX) # 0700: as root's own directories are for PostgreSQL's user
dir="$work/a demo, 100 %"
demo=$STOCKROOM_ROOT/packaging/demo.sh
port=$(python3 -c 'import socket
s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')

clean_up() {
    local status=$?
    if ((status != 0)); then
        show_tail "$work/log"
        show_tail "$dir/server.log"
    fi
    "$demo" remove --dir "$dir" >/dev/null 2>&1 || true
    rm -rf -- "$work"
    exit "$status"
}
trap clean_up EXIT
trap 'exit 130' INT TERM

fail() {
    printf 'FAILED in line %s: %s\n' "${BASH_LINENO[0]}" "$*" >&2
    exit 1
}

run_demo() { # COMMAND [OPTION…]
    "$demo" "$@" --dir "$dir" </dev/null >>"$work/log" 2>&1
}

status_is() { # EXPECTED
    local status=0
    run_demo status || status=$?
    [[ $status == "$1" ]] || fail "status exits with $status instead of $1"
}

as() { # USER COMMAND…
    ssh -F "$dir/ssh_config" -o BatchMode=yes "$1@stockroom" "${@:2}" </dev/null
}

in_database() { # SQL
    "$(pg_bin psql)" -X -q -A -t -c "$1" "$(<"$dir/dsn")"
}

start_empty() {
    status_is 3
    run_demo start --port "$port" --empty || fail "start --empty"
    status_is 0
    as admin whoami >"$work/out" || fail "admin cannot log in"
    grep -q admin "$work/out" || fail "whoami says: $(<"$work/out")"
    [[ $(in_database 'SELECT count(*) FROM users') == 1 ]] || fail "an empty demo has other users than admin"
    local file
    for file in passwords dsn dsn-server dsn-superuser keys/admin; do
        [[ $(stat -c %a "$dir/$file") == 600 ]] || fail "$file can be read by others"
    done
}

start_again_is_the_same() {
    local pid
    pid=$(<"$dir/stockroomd.pid")
    run_demo start --empty || fail "start of what runs"
    [[ $(<"$dir/stockroomd.pid") == "$pid" ]] || fail "the server was started again"
    if run_demo start --port $((port == 65535 ? 65534 : port + 1)); then
        fail "another port for a server that runs was taken without a word"
    fi
}

taken_port_is_said() {
    if "$demo" start --dir "$work/other" --port "$port" --empty >"$work/out" 2>&1 </dev/null; then
        fail "two servers on one port"
    fi
    grep -q "port $port .* taken" "$work/out" || fail "a taken port is not told: $(<"$work/out")"
    "$demo" remove --dir "$work/other" >>"$work/log" 2>&1
    [[ ! -e $work/other ]] || fail "remove leaves $(ls -A "$work/other")"
}

stop_and_load() {
    run_demo stop || fail "stop"
    status_is 3
    ! pg_is_running "$(sed -n 's/^pg_base=//p' "$dir/state")" || fail "PostgreSQL runs on"
    run_demo start || fail "start with demo data"
    [[ $(in_database 'SELECT count(*) FROM stores') == 3 ]] || fail "there are not three stores"
    (($(in_database 'SELECT count(*) FROM products JOIN product_barcodes USING (product_id)') >= 200)) ||
        fail "there are too few products with barcodes"
    local user
    for user in admin owner1 owner2 staff1 staff3; do
        as "$user" whoami --format json | grep -q "\"$user\"" || fail "$user cannot log in by key"
        grep -q "^$user [^ ]\{8,\}$" "$dir/passwords" || fail "$user has no password"
    done
    as staff1 sell CHC-02 1 >/dev/null || fail "staff1 cannot sell in its own store"
    as staff3 sell 2000000000015 1 >/dev/null || fail "staff3 cannot sell by barcode"
    if as staff1 sell CHC-02 1 --store S003 2>/dev/null; then
        fail "staff1 sells in another store"
    fi
    as owner1 inventory --store S002 --limit 3 >/dev/null || fail "owner1 does not see S002"
}

password_works() {
    STOCKROOM_ASKPASS_PASSWORD=$(sed -n 's/^owner2 //p' "$dir/passwords") SSH_ASKPASS_REQUIRE=force \
        SSH_ASKPASS=$STOCKROOM_ROOT/packaging/askpass.sh ssh -F "$dir/ssh_config" -o PubkeyAuthentication=no \
        -o NumberOfPasswordPrompts=1 owner2@stockroom store list </dev/null >/dev/null ||
        fail "owner2's password does not work"
}

# A load that broke is run again: nothing posts twice. The data outlives a stop.
broken_load_goes_on() {
    local before
    before=$(in_database 'SELECT count(*), sum(quantity) FROM stock_movements')
    run_demo stop || fail "stop"
    sed -i '/^loaded=/d' "$dir/state"
    rm -f "$dir/keys/staff3" "$dir/keys/staff3.pub"
    run_demo start || fail "start after a broken load"
    [[ $(in_database 'SELECT count(*), sum(quantity) FROM stock_movements') == "$before" ]] ||
        fail "a second load changed the stock"
    as staff3 whoami >/dev/null || fail "staff3 has no key any more"
}

foreground_shows_a_batch() {
    "$demo" --dir "$dir" </dev/null >"$work/out" 2>>"$work/log" || fail "the foreground form"
    grep -q '^[0-9]* ok sell S001 CHC-02 -2 ' "$work/out" || fail "no sale in: $(<"$work/out")"
    grep -q '^[0-9]* error insufficient-stock ' "$work/out" || fail "no error line in: $(<"$work/out")"
}

remove_leaves_nothing() {
    local base
    base=$(sed -n 's/^pg_base=//p' "$dir/state")
    run_demo remove || fail "remove"
    [[ ! -e $dir && ! -e $base ]] || fail "remove leaves something in $dir or $base"
}

start_empty
start_again_is_the_same
taken_port_is_said
stop_and_load
password_works
broken_load_goes_on
foreground_shows_a_batch
remove_leaves_nothing
echo ok
