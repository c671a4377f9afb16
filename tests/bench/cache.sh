#!/bin/bash
# `inventory --product` with and without the cache: two servers on one database, the second with [cache] mib = 0, asked by 1, 8
# and 64 sessions held open, alone and beside a till that sells. Builds what is shipped (build/bench, as throughput.sh does),
# starts an empty demo server in a temporary directory, the other server beside it, and hands over to cache.py, which measures
# and prints the table.
set -euo pipefail
# shellcheck source=packaging/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../../packaging/lib.sh"

work=''
other_pid=''

clean_up() {
    if [[ -n $other_pid ]]; then
        kill "$other_pid" 2>/dev/null || true
        wait "$other_pid" || true
    fi
    if [[ -n $work ]]; then
        STOCKROOM_BIN=$bin "$STOCKROOM_ROOT/packaging/demo.sh" remove --dir "$work/server" >/dev/null 2>&1 || true
        rm -rf -- "$work"
    fi
}

build() {
    say "Building (build/bench)…"
    cmake_build bench "$work/build.log" --preset release -DBUILD_TESTING=ON -- --target \
        stockroomd stockroomd-core stockroom-tui bench_lockstep
}

free_port() {
    python3 -c 'import socket
s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# The same configuration and keys, on another port, without a cache.
start_other() {
    local port
    port=$(free_port)
    sed "s/^listen = .*/listen = 127.0.0.1:$port/" "$work/server/stockroom.ini" >"$work/server/other.ini"
    printf '\n[cache]\nmib = 0\n' >>"$work/server/other.ini"
    sed "s/Port [0-9]*/Port $port/" "$work/server/ssh_config" >"$work/server/ssh_config_other"
    (
        cd "$work/server"
        exec "$bin/stockroomd" serve -c other.ini </dev/null >>other.log 2>&1
    ) &
    other_pid=$!
    wait_until 60 ssh -F "$work/server/ssh_config_other" -o BatchMode=yes admin@stockroom whoami || {
        show_tail "$work/server/other.log"
        die "the other server did not start"
    }
}

main() {
    if [[ ${1:-} == -h || ${1:-} == --help ]]; then
        exec python3 "$STOCKROOM_ROOT/tests/bench/cache.py" --help
    fi
    packages_install build run test
    work=$(mktemp -d /tmp/stockroom-bench.XXXXXX)
    bin=${STOCKROOM_BIN:-$STOCKROOM_ROOT/build/bench/bin}
    trap clean_up EXIT
    trap 'exit 130' INT TERM
    if [[ -z ${STOCKROOM_BIN:-} ]]; then
        build
    fi
    say "Starting an empty server, and one more without a cache…"
    STOCKROOM_BIN=$bin "$STOCKROOM_ROOT/packaging/demo.sh" start --dir "$work/server" --port "$(free_port)" --empty \
        2>"$work/start.log" || {
        show_tail "$work/start.log"
        die "the server did not start"
    }
    start_other
    python3 "$STOCKROOM_ROOT/tests/bench/cache.py" --server "$work/server" --work "$work" --programs "$bin" "$@"
}

main "$@"
