#!/bin/bash
# Batches: results in order in three formats, tags, numbers of lines, options, summaries, exit statuses.
# shellcheck source=tests/lib/server.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../lib/server.sh"
server_start

must admin store add S001 --name One
must admin store add S002 --name Two
for sku in A-1 A-2 A-3; do must admin product add "$sku" --name "Product-$sku"; done
new_user ann '--role staff --store S001'
new_user bob '--role owner --store S001 --store S002'

batch() { # USER OPTIONS — lines on stdin
    tssh "$1" "batch ${*:2}"
}
summary() { # TEXT
    assert_contains "$ERR" "$1"
}

# ---- Text
batch ann <<'END'
stock-in A-1 10

# a comment, and the line above is empty
@till-7 sell A-1 3
sell A-1 100
inventory --product A-1
nonsense
END
assert_status 1
assert_equal '1 ok stock-in S001 A-1 10 balance 10 seq 1' "$(sed -n 1p "$OUT_FILE")"
assert_equal '4 @till-7 ok sell S001 A-1 -3 balance 7 seq 2' "$(sed -n 2p "$OUT_FILE")"
assert_equal '5 error insufficient-stock S001 has 7 of A-1, 100 asked' "$(sed -n 3p "$OUT_FILE")"
assert_contains "$OUT" '6 ok inventory 1 row'
assert_contains "$OUT" '7 error unknown-command '
summary 'batch: 5 lines, 3 ok, 2 failed, 0 replayed'

# ---- The shell form is a batch with its defaults
capture timeout 120 ssh -T -F "$SERVER_DIR/ssh_config" -o BatchMode=yes ann@stockroom < <(printf 'sell A-1 1')
assert_status 0
assert_equal '1 ok sell S001 A-1 -1 balance 6 seq 3' "$OUT"
summary 'batch: 1 lines, 1 ok, 0 failed, 0 replayed'

# ---- Json
batch ann --format json <<'END'
@a sell A-1 1
sell A-1 99
@q inventory --product A-1
inventory --limit 1 --product A-1
@last bogus
END
assert_status 1
assert_json "rows[0] == {'line': 1, 'tag': 'a', 'ok': True, 'command': 'sell', 'store': 'S001', 'sku': 'A-1', 'seq': 4, 'quantity': -1, 'balance': 5, 'replayed': False}"
assert_json "rows[1] == {'line': 2, 'ok': False, 'command': 'sell', 'error': 'insufficient-stock', 'message': 'S001 has 5 of A-1, 99 asked', 'retryable': False}"
assert_json "list(rows[2])[:4] == ['line', 'tag', 'store', 'sku'] and rows[2]['quantity'] == 5"
assert_json "rows[3] == {'line': 3, 'tag': 'q', 'ok': True, 'command': 'inventory', 'rows': 1}"
assert_json "rows[6]['line'] == 5 and rows[6]['tag'] == 'last' and rows[6]['error'] == 'unknown-command' and len(rows) == 7"

# ---- Csv
batch ann --format csv <<'END'
@a sell A-1 1
sell A-1 99
END
assert_status 1
assert_equal 'line,tag,ok,command,store,sku,seq,quantity,balance,replayed,error,message,retryable' "$(sed -n 1p "$OUT_FILE" | tr -d '\r')"
assert_equal '1,a,true,sell,S001,A-1,5,-1,4,false,,,' "$(sed -n 2p "$OUT_FILE" | tr -d '\r')"
assert_equal '2,,false,sell,S001,,,,,,insufficient-stock,"S001 has 4 of A-1, 99 asked",false' "$(sed -n 3p "$OUT_FILE" | tr -d '\r')"

# ---- Line ends, tags, quoting
batch ann --format json < <(printf 'sell A-1 1\r\n\r\n@x.Y_z-9 sell A-1 1 --note "two words"\r\n@bad! sell A-1 1\n@ sell A-1 1\n@alone\n@%s sell A-1 1\nsell A-1 1' "$(printf 'x%.0s' {1..65})")
assert_status 1
assert_json "[(r['line'], r.get('tag'), r['ok']) for r in rows] == [(1, None, True), (3, 'x.Y_z-9', True), (4, None, False), (5, None, False), (6, 'alone', False), (7, None, False), (8, None, True)]"

# ---- Read your own writes; `use`; --store
batch bob --format json <<'END'
use S002
stock-in A-2 5
inventory --product A-2
sell A-2 2 --store S001
use S001
stock-in A-2 1
use S777
sell A-2 1
inventory --product A-2
END
assert_status 1
assert_json "[r.get('quantity') for r in rows if r.get('sku') == 'A-2' and 'name' in r] == [5, 0]"
assert_json "[r['store'] for r in rows if r.get('command') == 'stock-in'] == ['S002', 'S001']"
assert_json "[r['error'] for r in rows if r.get('ok') is False] == ['insufficient-stock', 'unknown-store']"
batch bob --store S002 --format json <<<'sell A-2 1'
assert_status 0
assert_json "row['store'] == 'S002'"
batch bob <<<'sell A-2 1'
assert_status 1
assert_contains "$OUT" '1 error usage which store?'

# ---- Its own usage
for options in --bogus 'words too' '--key' "--key ''" "--key 'a b'" '--format xml' '--atomic=1' '--key a --key b' "--store 'x y'"; do
    batch ann "$options" <<<'sell A-1 1'
    [[ $STATUS == 64 || $STATUS == 65 ]] || fail "batch $options: exit status $STATUS"
    assert_matches "$ERR" '^stockroom: (usage|bad-value): '
    assert_equal '' "$OUT" stdout
done
batch ann --format json --bogus <<<'sell A-1 1'
assert_status 64
assert_json "row['ok'] is False and row['command'] == 'batch' and row['error'] == 'usage'"
batch ann <<<'batch'
assert_status 1

# ---- --stop-on-error: nothing after the first failure is looked at, also when it is in flight already
before=$(sql 'SELECT count(*) FROM stock_movements')
batch ann --stop-on-error < <(printf 'stock-in A-3 1\n%.0s' {1..50}; echo 'sell A-3 1000'; printf 'stock-in A-3 1\n%.0s' {1..500})
assert_status 1
assert_equal 51 "$(wc -l <"$OUT_FILE")" "results"
assert_contains "$OUT" '51 error insufficient-stock'
assert_equal "$((before + 50))" "$(sql 'SELECT count(*) FROM stock_movements')" "movements"
summary 'batch: 51 lines, 50 ok, 1 failed, 0 replayed'
batch ann --stop-on-error < <(printf '%s\n' 'stock-in A-3 1' 'bogus' 'stock-in A-3 1')
assert_status 1
assert_equal 2 "$(wc -l <"$OUT_FILE")" "results"

# ---- --dry-run: all errors, as if the lines before had posted; nothing posts
before=$(sql 'SELECT count(*) FROM stock_movements')
batch ann --dry-run --format json < <(printf '%s\n' 'stock-in A-3 10' 'sell A-3 55' 'sell A-3 50' 'bogus' 'sell NOPE 1' 'sell A-3 1'; printf 'sell A-3 0.5\nstock-in A-3 1\n%.0s' {1..2000})
assert_status 1
assert_json "[r['ok'] for r in rows[:6]] == [True, True, False, False, False, True] and rows[1]['balance'] == 6"
assert_json "rows[0]['dry_run'] is True and 'seq' not in rows[0] and len(rows) == 4006 and rows[4005]['balance'] == 5 + 2000"
assert_equal "$before" "$(sql 'SELECT count(*) FROM stock_movements')" "movements after a dry run"
assert_contains "$ERR" 'dry run'
tssh admin batch --dry-run < <(printf '%s\n' 'product add D-1 --name D' 'product set A-1 --name Changed' 'store add D1 --name D' 'user add dry --role staff --store S001 --no-password')
assert_status 0
tssh admin product show D-1
assert_status 65
tssh admin product show A-1 --format json
assert_json "row['name'] == 'Product-A-1'"

# ---- --progress goes to stderr and ends in a line of its own
batch ann --progress < <(printf 'stock-in A-3 1\n%.0s' {1..100})
assert_status 0
assert_contains "$ERR" $'\rbatch: 100 lines, 0 failed'
assert_equal 100 "$(wc -l <"$OUT_FILE")" "results"

# ---- Nothing at all
batch ann </dev/null
assert_status 0
summary 'batch: 0 lines, 0 ok, 0 failed, 0 replayed'

# ---- Other commands in a batch, and those that read lines of their own: the next ones
tssh admin batch < <(printf '%s\n' 'whoami' 'help sell' 'product add B-9 --name "In a batch"' 'product list' \
    'user add zed --role admin --password-stdin' "a zed's # pass\"word" '@last store list')
assert_status 0
assert_contains "$OUT" '3 ok product add'
assert_contains "$OUT" '5 ok user add'
assert_contains "$OUT" '7 @last ok store list'
tssh_password zed "a zed's # pass\"word" whoami
assert_status 0
tssh admin batch < <(printf '%s\n' 'passwd' 'short' 'store list' '@t passwd')
assert_status 1
assert_contains "$OUT" '1 error bad-value '
assert_contains "$OUT" '3 ok store list'
assert_contains "$OUT" '4 @t error usage '

# ---- 20,000 lines, in order
batch ann --format json < <(seq 1 20000 | sed 's/.*/@t& stock-in A-2 1/')
assert_status 0
assert_json "len(rows) == 20000 and all(r['line'] == i + 1 and r['tag'] == 't%d' % (i + 1) for i, r in enumerate(rows))"
assert_json "[r['seq'] for r in rows] == list(range(row['seq'], row['seq'] + 20000))"

assert_ledger_is_sound
test_done
