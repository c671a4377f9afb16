#!/bin/bash
# How long each interactive query and each report takes in the server, on a database of the size that is asked for: fills one
# (populate.sh takes the same options), or uses the one that --dir has filled before, and hands over to scale.py, which prints
# the table. Without --dir everything is temporary.
set -euo pipefail
# shellcheck source=packaging/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../../packaging/lib.sh"

work='' dir='' sizes=() runs=()

usage() {
    cat <<'TEXT'
usage: tests/bench/scale.sh [--dir DIR] [--stores N] [--products N] [--movements N] [--per-store N]
                            [--times N] [--report-times N] [--all-times N]
  --dir DIR     a demo server's; kept, and not filled again when it has stores
  --times N     runs of each query of a store (200); --report-times of each report (50), --all-times of all stores (5)
The other options are those of populate.sh.
TEXT
}

clean_up() {
    if [[ -n $work ]]; then
        if [[ $dir == "$work/server" ]]; then
            "$STOCKROOM_ROOT/packaging/demo.sh" remove --dir "$dir" >/dev/null 2>&1 || true
        fi
        rm -rf -- "$work"
    fi
}

parse_arguments() {
    while (($# > 0)); do
        case $1 in
        -h | --help) usage; exit 0 ;;
        --dir | --stores | --products | --movements | --per-store | --times | --report-times | --all-times)
            (($# > 1)) || die "$1 needs a value"
            ;;&
        --dir) dir=$2 ;;
        --stores | --products | --movements | --per-store) sizes+=("$1" "$2") ;;
        --times | --report-times | --all-times) runs+=("$1" "$2") ;;
        *) usage >&2; die "unknown argument: $1" ;;
        esac
        shift 2
    done
}

count_stores() {
    psql -X -q -A -t -c 'SELECT count(*) FROM stores' "$(<"$dir/dsn")" 2>/dev/null
}

build() {
    if [[ -z ${STOCKROOM_BIN:-} ]]; then
        say "Building (build/bench)…"
        cmake_build bench "$work/build.log" --preset release -DBUILD_TESTING=ON -- --target \
            stockroomd stockroomd-core stockroom-tui bench_populate
        STOCKROOM_BIN=$STOCKROOM_ROOT/build/bench/bin
    fi
    export STOCKROOM_BIN
}

main() {
    parse_arguments "$@"
    work=$(mktemp -d /tmp/stockroom-bench.XXXXXX)
    trap clean_up EXIT
    trap 'exit 130' INT TERM
    build
    dir=${dir:-$work/server}
    "$STOCKROOM_ROOT/packaging/demo.sh" start --dir "$dir" --empty ${PORT:+--port "$PORT"}
    if [[ $(count_stores) == 0 ]]; then
        "$STOCKROOM_ROOT/tests/bench/populate.sh" --dir "$dir" "${sizes[@]}"
    fi
    psql -X -q -A -t "$(<"$dir/dsn")" <<'SQL'
SELECT (SELECT count(*) FROM stores) || ' stores, ' || (SELECT count(*) FROM products) || ' products, '
    || (SELECT count(*) FROM inventory) || ' inventory rows, ' || (SELECT sum(last_seq) FROM store_ledger) || ' movements, '
    || pg_size_pretty(pg_database_size(current_database()));
SQL
    python3 "$STOCKROOM_ROOT/tests/bench/scale.py" --server "$dir" --log "$dir/server.log" --control "$work/control" "${runs[@]}"
}

main "$@"
