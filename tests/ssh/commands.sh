#!/bin/bash
# Every command through a real ssh, in text, csv and json: fields, exit statuses, what goes to stderr.
# shellcheck source=tests/lib/server.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../lib/server.sh"
server_start

header() { # FIELDS — the csv header that $OUT begins with
    assert_equal "$1" "$(head -n 1 "$OUT_FILE" | tr -d '\r')" "csv header"
}

ok() { # USER COMMAND… — must succeed, and say nothing on stderr
    tssh "$@"
    assert_status 0
    assert_equal '' "$ERR" "stderr"
}

refused() { # STATUS CODE USER COMMAND… — the failure in text and in json
    local status=$1 code=$2
    shift 2
    tssh "$@"
    assert_status "$status"
    assert_matches "$ERR" "^stockroom: $code: ."
    assert_equal '' "$OUT" "stdout"
    tssh "$@" --format json
    assert_status "$status"
    assert_matches "$ERR" "^stockroom: $code: ."
    assert_json "len(rows) == 1 and row['ok'] is False and row['error'] == '$code' and row['message']"
}

# ---- Stores
ok admin store add S001 --name "'Main Street'" --timezone Europe/Berlin --currency EUR
ok admin store add S002 --name Two --format json
assert_json "row['store'] == 'S002' and row['name'] == 'Two' and row['currency'] == 'EUR' and row['timezone'] == 'UTC'"
refused 1 already-exists admin store add S001 --name Again
refused 65 bad-value admin store add "'bad code'" --name Again
refused 65 bad-value admin store add S009 --name X --timezone Mars/Olympus
refused 64 usage admin store add S009
ok admin store set S002 --name "'Second Street'"
ok admin store list --format json
assert_json "[r['store'] for r in rows] == ['S001', 'S002'] and rows[1]['name'] == 'Second Street'"
ok admin store list --format csv
header store,name,timezone,currency,owners,closed,pending,created_at
ok admin store list
assert_contains "$OUT" 'Main Street'

# ---- Products
ok admin product add A-1 --name "'Lamp, big \"bright\"'" --barcode 4006381333931 --barcode 12345670 --category light --price 2.49
ok admin product add K-1 --name Apples --unit kg --price 3 --format json
assert_json "row['sku'] == 'K-1' and row['unit'] == 'kg' and row['price'] == '3.00' and row['barcodes'] == []"
refused 1 already-exists admin product add A-1 --name Again
refused 1 already-exists admin product add 4006381333931 --name "'a barcode as a SKU'"
refused 65 bad-value admin product add A-2 --name X --price 1.2345
refused 65 bad-value admin product add A-2 --name X --unit dozen
refused 65 unknown-product admin product show NOPE
ok admin product show 4006381333931 --format json
assert_json "row['sku'] == 'A-1' and row['name'] == 'Lamp, big \"bright\"' and set(row['barcodes']) == {'4006381333931', '12345670'}"
ok admin product set A-1 --price 2.5 --no-barcodes
ok admin product show A-1 --format json
assert_json "row['price'] == '2.50' and row['barcodes'] == []"
ok admin product list --format csv
header sku,name,category,unit,price,barcodes,retired,created_at,updated_at
assert_contains "$OUT" '"Lamp, big ""bright"""'
ok admin product list --search appl --format json
assert_json "[r['sku'] for r in rows] == ['K-1']"
tssh admin product list --limit 1
assert_status 0
assert_matches "$ERR" '^more: --after [A-Za-z0-9_-]+$'
tssh admin product list --limit 1 --format json
assert_json "len(rows) == 2 and set(rows[1]) == {'after'}"
after=${ERR#more: --after }
tssh admin "product list --limit 1 --format csv"
assert_status 0
after=${ERR#more: --after }
tssh admin product list --limit 1 --format json --after "$after"
assert_json "[r['sku'] for r in rows] == ['K-1']"
refused 65 bad-value admin product list --after nonsense

# ---- Users
new_user bob '--role owner --store S001'
new_user ann '--role staff --store S001'
ok admin user add carl --role staff --store S001 --format json
assert_json "row['user'] == 'carl' and row['role'] == 'staff' and row['stores'] == ['S001'] and len(row['password']) >= 16"
refused 1 already-exists admin user add carl --role staff --store S001
refused 65 bad-value admin user add Carl --role staff --store S001
refused 65 unknown-store admin user add dora --role staff --store S777
refused 65 unknown-user admin user disable nobody
ok admin user list --format csv
header user,role,stores,disabled,pending,keys,created_at
ok admin user list --format json
assert_json "{r['user']: r['keys'] for r in rows} == {'admin': 1, 'ann': 1, 'bob': 1, 'carl': 0}"
ok admin user disable carl --format json
assert_json "row['disabled'] is True"
ok admin user enable carl
assert_contains "$OUT" carl

# ---- Oneself
ok ann whoami --format json
assert_json "row['user'] == 'ann' and row['role'] == 'staff' and row['stores'] == ['S001'] and row['key'].startswith('SHA256:')"
ok ann whoami
assert_contains "$OUT" ann
ok ann whoami --format csv
header user,role,stores,key,method,has_password,must_change_password,expires_at
tssh ann passwd --format json < <(printf 'a new secret of ann\n')
assert_status 0
tssh_password ann 'a new secret of ann' whoami
assert_status 0
tssh_password ann "$(server_password ann)" whoami
assert_status 255
tssh ann passwd < <(printf 'short\n')
assert_status 65
tssh ann passwd </dev/null
[[ $STATUS == 64 || $STATUS == 65 ]] || fail "passwd without input: $STATUS"
tssh ann passwd < <(head -c 9000 /dev/zero | tr '\0' x)
assert_status 65
assert_contains "$ERR" too-long

# ---- Stock
ok bob stock-in A-1 10 --cost 1.20 --note "'first delivery'"
assert_equal 'received 10 of A-1 in S001, balance 10 (seq 1)' "$OUT"
ok ann sell A-1 3
assert_equal 'sold 3 of A-1 in S001, balance 7 (seq 2)' "$OUT"
ok ann sell A-1 1 --format json --price 2.40
assert_json "row == {'ok': True, 'command': 'sell', 'store': 'S001', 'sku': 'A-1', 'seq': 3, 'quantity': -1, 'balance': 6, 'replayed': False}"
ok ann remove A-1 2 --reason damaged --format csv
header ok,command,store,sku,seq,quantity,balance,replayed,error,message,retryable
assert_contains "$OUT" 'true,remove,S001,A-1,4,-2,4,false,,,'
ok ann stock-in K-1 12.345 --format json
assert_json "row['quantity'] == Decimal('12.345') and row['balance'] == Decimal('12.345')"
refused 1 insufficient-stock ann sell A-1 5
refused 65 bad-value ann sell A-1 0.5
refused 65 unknown-product ann sell Z-9 1
refused 64 usage ann remove A-1 1
refused 65 bad-value ann remove A-1 1 --reason boredom
refused 64 usage ann sell A-1
refused 64 usage ann sell A-1 1 --bogus
refused 64 usage admin sell A-1 1
refused 64 unknown-command ann sel A-1 1
ok ann sell A-1 1 --at -3h --format json
assert_json "row['ok']"
refused 65 bad-value ann sell A-1 1 --at 2099-01-01T00:00:00Z
refused 65 bad-value ann sell A-1 1 --at 2025-02-30T00:00:00Z

# ---- Queries
ok ann inventory --format json
assert_json "[(r['sku'], r['quantity'], r['low']) for r in rows][0] == ('A-1', 3, False)"
ok ann inventory --format csv
header store,sku,name,category,unit,quantity,reorder_point,low,price,updated_at
ok ann inventory
assert_contains "$OUT" 'Lamp, big "bright"'
ok bob movements --product A-1 --format json
assert_json "[r['seq'] for r in rows if r['sku'] == 'A-1'] == sorted((r['seq'] for r in rows), reverse=True)"
assert_json "rows[-1]['type'] == 'IN' and rows[-1]['cost'] == '1.20' and rows[-1]['note'] == 'first delivery' and rows[-1]['user'] == 'bob'"
ok ann stock-movements --product A-1 --format json
assert_json "all(r['cost'] is None for r in rows) and rows[-1]['recorded_at'].endswith('Z')"
ok bob movements --format csv
header store,seq,sku,name,type,quantity,balance,reason,note,ref,user,price,cost,reverses,occurred_at,recorded_at
ok bob movements --type REMOVE --format json
assert_json "[(r['quantity'], r['reason']) for r in rows] == [(-2, 'damaged')]"
refused 65 unknown-store ann inventory --store S002
refused 65 bad-value ann inventory --limit 0

# ---- Keys
ok ann key list --format json
assert_json "len(rows) == 1 and row['type'] == 'ssh-ed25519' and row['comment'] == 'ann@test'"
fingerprint=$(ssh-keygen -l -f "$SERVER_DIR/keys/ann.pub" | cut -d ' ' -f 2)
assert_contains "$OUT" "$fingerprint"
ssh-keygen -q -t ed25519 -N '' -C second -f "$TEST_DIR/second" </dev/null
ok ann key add "$(cat "$TEST_DIR/second.pub")"
ok ann key remove "$(ssh-keygen -l -f "$TEST_DIR/second.pub" | cut -d ' ' -f 2)"
ok ann key list --format csv
header id,type,fingerprint,comment,created_at,user
assert_lacks "$OUT" second
refused 65 bad-value ann key add ssh-ed25519 AAAA

# ---- Help
ok ann help
for command in sell stock-in remove inventory movements watch whoami passwd 'product list' batch; do
    assert_contains "$OUT" "$command"
done
ok ann help sell
assert_contains "$OUT" --price
ok ann help --format json
assert_json "{'sell', 'inventory', 'key add'} <= {r['command'] for r in rows}"
refused 64 unknown-command ann help nonsense
refused 64 usage ann use S001

assert_ledger_is_sound
test_done
