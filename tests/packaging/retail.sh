#!/bin/bash
# tests/bench/retail.sh on rows as dirty as the real ones are, twice: everything posts once and the inventory matches. Then with a
# balance changed behind its back: it must say so.
set -euo pipefail
# shellcheck source=packaging/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../../packaging/lib.sh"

: "${STOCKROOM_TEST_BIN:?is not set: the directory with the programs, e.g. build/dev/bin}"
export STOCKROOM_BIN=$STOCKROOM_TEST_BIN
work=$(mktemp -d /tmp/stockroom-test-retail.XXXXXX)
demo=$STOCKROOM_ROOT/packaging/demo.sh
port=$(python3 -c 'import socket
s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')

clean_up() {
    local status=$?
    if ((status != 0)); then
        show_tail "$work/out"
        show_tail "$work/server/server.log"
    fi
    "$demo" remove --dir "$work/server" >/dev/null 2>&1 || true
    rm -rf -- "$work"
    exit "$status"
}
trap clean_up EXIT
trap 'exit 130' INT TERM

fail() {
    printf 'FAILED: %s\n' "$*" >&2
    exit 1
}

# Mixed case, blanks, quotes and commas, Latin-1, no description, prices of 0 and below, quantity 0, no country, no code.
write_rows() {
    {
        printf 'InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country,TotalPrice\r\n'
        printf '1,85123A,WHITE HOLDER,6,12/1/10 8:26,2.55,17850,United Kingdom,15.3\r\n'
        printf '1,85123a,white holder,1,12/1/10 8:26,2.55,17850,United Kingdom,2.55\r\n'
        printf 'C2,85123A,WHITE HOLDER,-2,12/1/10 9:00,2.55,17850,United Kingdom,-5.1\r\n'
        printf '3,BANK CHARGES,"Bank ""charges"", odd",1,12/1/2010 9:30,0.001,,EIRE,0\r\n'
        printf "4,gift_01,'Gift' \\\\ voucher #1,3,2010-12-01 10:00:00,0,,EIRE,0\r\n"
        printf '5,10002,,5,12/2/10 8:00,-3,,United Kingdom,0\r\n'
        printf '5,10002,\xa3 TOY,1,not a date,abc,,United Kingdom,0\r\n'
        printf '6,22139,,0,12/2/10 8:00,1,,United Kingdom,0\r\n'
        printf '6,22139,,x,12/2/10 8:00,1,,United Kingdom,0\r\n'
        printf '7,,nothing,4,12/2/10 8:00,1,,United Kingdom,0\r\n'
        printf '8,22139, trimmed ,4000000,12/2/10 8:00,1.005,,,0\r\n'
        printf '9,22139,"two\nlines",1,12/2/10 8:00,1,,Unspecified,0\r\n'
    } >"$work/rows.csv"
}

write_rows
"$demo" start --dir "$work/server" --port "$port" --empty >"$work/out" 2>&1 </dev/null || fail "the demo did not start"
"$STOCKROOM_ROOT/tests/bench/retail.sh" --dir "$work/server" --twice "$work/rows.csv" >"$work/out" 2>&1 </dev/null ||
    fail "retail.sh: exit status $?"
grep -q '^rows 12, skipped 3, no stock code 1, quantity 0 1, unreadable quantity 1$' "$work/out" || fail "skipped rows"
grep -q '^stores 3, products 6$' "$work/out" || fail "stores and products"
grep -q '^lines 9, failures 0, replayed 0$' "$work/out" || fail "the first run"
grep -q '^lines 9, failures 0, replayed 9$' "$work/out" || fail "the second run"
[[ $(grep -c '^inventory matches (6 balances)$' "$work/out") == 2 ]] || fail "inventory"
ssh -F "$work/server/ssh_config" admin@stockroom stock-in 85123A 1 --store United-Kingdom >/dev/null </dev/null
if "$STOCKROOM_ROOT/tests/bench/retail.sh" --dir "$work/server" "$work/rows.csv" >"$work/out" 2>&1 </dev/null; then
    fail "a difference is not told"
fi
grep -q '^United-Kingdom 85123A: expected 2, the server has 3$' "$work/out" || fail "which difference"
echo ok
