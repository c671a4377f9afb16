#!/bin/bash
# One user's till while another user floods the server with 50 sessions: sells, pages, long scans, logins. Builds what is
# shipped (build/bench, as throughput.sh does), starts an empty demo server in a temporary directory and hands over to flood.py,
# which measures and prints the table. docs/performance.md tells what it means.
set -euo pipefail
# shellcheck source=packaging/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../../packaging/lib.sh"

work=''

clean_up() {
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

main() {
    if [[ ${1:-} == -h || ${1:-} == --help ]]; then
        exec python3 "$STOCKROOM_ROOT/tests/bench/flood.py" --help
    fi
    packages_install build run test
    work=$(mktemp -d /tmp/stockroom-bench.XXXXXX)
    bin=${STOCKROOM_BIN:-$STOCKROOM_ROOT/build/bench/bin}
    trap clean_up EXIT
    trap 'exit 130' INT TERM
    if [[ -z ${STOCKROOM_BIN:-} ]]; then
        build
    fi
    say "Starting an empty server…"
    STOCKROOM_BIN=$bin "$STOCKROOM_ROOT/packaging/demo.sh" start --dir "$work/server" --port "$(free_port)" --empty \
        2>"$work/start.log" || {
        show_tail "$work/start.log"
        die "the server did not start"
    }
    python3 "$STOCKROOM_ROOT/tests/bench/flood.py" --server "$work/server" --work "$work" --programs "$bin" \
        --askpass "$STOCKROOM_ROOT/packaging/askpass.sh" "$@"
}

main "$@"
