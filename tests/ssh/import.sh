#!/bin/bash
# Imports of movements: rows are lines of a batch, whatever their columns' order; what is wrong is told by line.
# shellcheck source=tests/lib/server.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../lib/server.sh"
server_start
must admin 'store add S001 --name "Main Street"'
must admin 'store add S002 --name "Harbour"'
must admin 'product add A-1 --name Lamp --price 5'
must admin 'product add T-1 --name Tea --unit kg'
new_user ann '--role staff --store S001'
new_user olga '--role owner --store S001 --store S002'
input=$TEST_DIR/input.csv

import() { # USER OPTIONS: with what $input holds
    tssh "$1" "import $2" <"$input"
}

# ---- By the names of the columns, in any order, with a mark, CRLF, quotes, newlines in quotes and blank lines
printf '\xef\xbb\xbfquantity,sku,command,"note"\r\n10,A-1,stock-in,"first, ""fine"""\r\n\r\n2,A-1,sell,\r\n1.5,T-1,stock-in,' >"$input"
import ann 'movements --format json'
assert_status 0
assert_json 'rows[0]["line"] == 2 and rows[0]["command"] == "stock-in" and rows[0]["balance"] == 10'
assert_json 'rows[1]["line"] == 4 and rows[1]["command"] == "sell" and rows[1]["balance"] == 8'
assert_json 'rows[2]["line"] == 5 and rows[2]["balance"] == 1.5'
assert_contains "$ERR" 'import: 3 lines, 3 ok, 0 failed'
tssh ann 'movements --format json --type IN --product A-1'
assert_json 'row["note"] == "first, \"fine\""'

# ---- Rows that fail are told with their line; the others post. Types as `movements` calls them
printf 'type;sku;quantity;store;price\nSELL;A-1;1;S001;4.00\nSELL;A-1;999;S001;\nSELL;A-1\nDANCE;A-1;1;S001;\nIN;A-1;3;S002;\n' >"$input"
import olga 'movements --delimiter ";" --format csv'
assert_status 1
assert_equal 6 "$(wc -l <"$OUT_FILE")"
assert_contains "$OUT" insufficient-stock
assert_contains "$OUT" 'the row has 2 fields, the header 5'
assert_contains "$OUT" 'is none of sell'
tssh olga 'inventory --store S002 --product A-1 --format json'
assert_json 'row["quantity"] == 3'

# ---- The same key again posts nothing twice; a dry run posts nothing
printf 'command,sku,quantity\nsell,A-1,1\nsell,A-1,2\n' >"$input"
import ann 'movements --key till-1'
assert_status 0
import ann 'movements --key till-1 --progress'
assert_status 0
assert_contains "$ERR" '2 replayed'
import ann 'movements --dry-run'
assert_status 0
tssh ann 'inventory --product A-1 --format json'
assert_json 'row["quantity"] == 4'

# ---- The store of rows that name none; another's store does not exist
import olga 'movements --store S002 --dry-run'
assert_status 0
import ann 'movements --store S002'
assert_status 65

# ---- Nothing is imported when the header is wrong
for header in 'command,sku,quantity,colour' 'command,sku' 'command,type,sku,quantity' 'sku,sku,command,quantity'; do
    printf '%s\nsell,A-1,1,1\n' "$header" >"$input"
    import ann movements
    assert_status 65
    assert_contains "$ERR" 'line 1'
done
printf 'command,sku,quantity,colour\nsell,A-1,1,red\n' >"$input"
import ann movements
assert_contains "$ERR" "line 1: column 4: 'colour' is no column"
: >"$input"
import ann movements
assert_status 65
tssh ann 'inventory --product A-1 --format json'
assert_json 'row["quantity"] == 4'

# ---- What is no csv
expect_bad() { # PATTERN: the first row is fine and has been posted as a batch would have
    import ann 'movements --dry-run'
    assert_status 65
    assert_contains "$ERR" "$1"
}
printf 'command,sku,quantity\nsell,A-1,1\nsell,"A-1,1\n' >"$input"
expect_bad 'line 3: a quote is left open'
printf 'command,sku,quantity\nsell,"A-1"x,1\n' >"$input"
expect_bad 'line 2: a quote where none may be'
printf 'command,sku,quantity\nsell,A\0-1,1\n' >"$input"
expect_bad 'line 2: a NUL byte'
printf 'command,sku,quantity\nsell,A-\xff,1\n' >"$input"
expect_bad 'line 2: not UTF-8 text'
printf 'command,sku,quantity\nsell,%s,1\n' "$(printf 'x%.0s' {1..4097})" >"$input"
expect_bad 'line 2: a field is longer than 4096 bytes'
{
    printf 'command,sku,quantity\nsell,"'
    head -c 100000000 /dev/zero | tr '\0' x
} >"$input"
expect_bad 'line 2: the row is longer than 65536 bytes'

printf 'import movements\n' >"$input"
tssh ann batch <"$input"
assert_status 1
tssh ann 'import movements --delimiter x' </dev/null
assert_status 65
tssh ann 'import something' </dev/null
assert_status 65
test_done
