#!/bin/bash
# Real sales rows through `ssh … batch --key`: a store for each country, a product for each stock code, opening stock, then
# every row as a sale, or where its quantity is negative as stock that comes back. Then the server's inventory is compared
# with one that an independent program worked out from the file.
set -euo pipefail
# shellcheck source=packaging/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../../packaging/lib.sh"

bench=$STOCKROOM_ROOT/tests/bench
dir=''
own_server=true
twice=false
file=''

usage() {
    cat <<'TEXT'
usage: tests/bench/retail.sh [--dir DIR] [--twice] FILE.csv

  FILE.csv   columns InvoiceNo, StockCode, Description, Quantity, InvoiceDate, UnitPrice, Country (others are ignored)
  --dir DIR  use the demo server that runs in DIR (see packaging/demo.sh) instead of starting an empty one;
             its stores must not hold stock of another file
  --twice    run all of it again: everything is replayed, nothing posts, the inventory stays

Prints lines, failures, lines a second, and "inventory matches" or the differences. Exit status 0 only if no line
failed and the inventory matches.
TEXT
}

parse_arguments() {
    while (($# > 0)); do
        case $1 in
        --dir) (($# > 1)) || die "--dir needs a directory"; dir=$2; own_server=false; shift ;;
        --dir=*) dir=${1#--dir=}; own_server=false ;;
        --twice) twice=true ;;
        -h | --help) usage; exit 0 ;;
        -*) usage >&2; die "unknown option: $1" ;;
        *) [[ -z $file ]] || die "one file at a time"; file=$1 ;;
        esac
        shift
    done
    [[ -n $file ]] || { usage >&2; exit 64; }
    [[ -r $file ]] || die "$file cannot be read"
}

clean_up() {
    if $own_server && [[ -n $dir ]]; then
        "$STOCKROOM_ROOT/packaging/demo.sh" remove --dir "$dir" >/dev/null 2>&1 || true
    fi
    rm -rf -- "$work"
}

free_port() {
    python3 -c 'import socket
s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

server_ensure() {
    if $own_server; then
        dir=$work/server
        say "Starting an empty server…"
        "$STOCKROOM_ROOT/packaging/demo.sh" start --dir "$dir" --port "$(free_port)" --empty 2>"$work/start.log" || {
            show_tail "$work/start.log"
            die "the server did not start"
        }
    fi
    [[ -f $dir/ssh_config ]] || die "no server was ever started in $dir"
}

batch() { # NAME — runs $work/NAME; results in NAME.out, the summary in NAME.err; sets failures, replayed, milliseconds
    local name=$1 status=0 begin
    begin=$(date +%s%N)
    ssh -F "$dir/ssh_config" -o BatchMode=yes admin@stockroom "batch --key retail-$digest-$name" \
        <"$work/$name" >"$work/$name.out" 2>"$work/$name.err" || status=$?
    milliseconds=$((($(date +%s%N) - begin) / 1000000))
    if ((status > 1)); then
        tail -n 5 "$work/$name.err" >&2
        die "the batch $name ended with exit status $status"
    fi
    lines=$(wc -l <"$work/$name")
    answers=$(grep -cE '^[0-9]+ (ok|error) ' "$work/$name.out" || true)
    failures=$(grep -cE '^[0-9]+ error ' "$work/$name.out" || true)
    replayed=$(grep -cE '^[0-9]+ ok .* replayed$' "$work/$name.out" || true)
    if ((answers != lines)); then
        die "the batch $name has $lines lines and $answers answers"
    fi
}

show_failures() { # NAME
    grep -E '^[0-9]+ error ' "$work/$1.out" | head -n 10 >&2 || true
}

load_all() {
    batch catalogue
    if grep -E '^[0-9]+ error ' "$work/catalogue.out" | grep -qv '^[0-9]* error already-exists '; then
        show_failures catalogue
        die "stores or products were refused"
    fi
    batch opening
    if ((failures > 0)); then
        show_failures opening
        die "opening stock was refused"
    fi
    batch rows
    show_failures rows
    printf 'lines %d, failures %d, replayed %d\n' "$lines" "$failures" "$replayed"
    printf 'seconds %d.%03d, lines a second %d\n' $((milliseconds / 1000)) $((milliseconds % 1000)) \
        $((lines * 1000 / (milliseconds > 0 ? milliseconds : 1)))
    total_failures=$((total_failures + failures))
    python3 "$bench/retail.py" compare "$work/plan.json" -- \
        ssh -F "$dir/ssh_config" -o BatchMode=yes admin@stockroom || matches=false
}

main() {
    parse_arguments "$@"
    packages_install run test
    work=$(mktemp -d /tmp/stockroom-retail.XXXXXX)
    trap clean_up EXIT
    trap 'exit 130' INT TERM
    python3 "$bench/retail.py" prepare "$file" "$work"
    digest=$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["digest"])' "$work/plan.json")
    server_ensure
    total_failures=0
    matches=true
    load_all
    if $twice; then
        load_all
        ((replayed == lines)) || die "the second run posted lines again: $replayed of $lines were replayed"
    fi
    $matches && ((total_failures == 0))
}

main "$@"
