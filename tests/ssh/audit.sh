#!/bin/bash
# The audit trail through ssh: what was changed and what was refused is there, by whom and from where, once for each line,
# and a database that is away for a while costs none of it.
# shellcheck source=tests/lib/server.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../lib/server.sh"
server_start '[limits]' 'audit_queue = 40'

must admin store add S001 --name One
must admin store add S002 --name Two
must admin product add A-1 --name Lamp
new_user bob '--role owner --store S001'
new_user ann '--role staff --store S001'
must admin stock-in A-1 100 --store S001

refused() { # WHERE — refusals that the trail counts
    sql "SELECT coalesce(sum(times), 0) FROM audit_events WHERE outcome = 'refused' AND $1"
}
refused_is() { # NUMBER WHERE
    [[ $(refused "$2") == "$1" ]]
}

# A single command: the right to run it at all, another's store, and who, how, from where.
tssh ann product add B-1 --name Bulb
assert_status 77
assert_until refused_is 1 "action = 'product add' AND kind = 'product' AND target = 'B-1'"
tssh bob sell A-1 1 --store S002
assert_status 65
assert_until refused_is 1 "action = 'sell' AND kind = 'store' AND target = 'S002'"
assert_equal 'bob|key|127.0.0.1|t|t' "$(sql "SELECT u.name, method, source, session > 0, key_id IS NOT NULL
    FROM audit_events JOIN users u USING (user_id) WHERE action = 'sell'")" 'who was refused'
assert_equal "$(sql "SELECT store_id FROM stores WHERE code = 'S002'")" \
    "$(sql "SELECT store_id FROM audit_events WHERE action = 'sell'")" 'the store of a refusal'

# What cannot be shown is not in it, and what is too long is cut.
long=$(printf 'x%.0s' {1..300})
tssh ann "product set 'a"$'\342\200\256'"b' --name x"
assert_status 77
tssh ann "product set $long --name x"
assert_status 77
assert_until refused_is 1 "target = 'a?b'"
assert_until refused_is 1 "target = repeat('x', 128)"

# In batches: once for each line, however the batch ends, and equal ones as one row.
batch() { # OPTIONS — as bob: one line of his own, two that are not, one of another command
    capture timeout 60 ssh -F "$SERVER_DIR/ssh_config" -o BatchMode=yes bob@stockroom batch "$@" <<'END'
sell A-1 1 --store S001
sell A-1 2 --store S002
sell A-1 3 --store S002
store set S001 --name Mine
END
}
before=$(refused "action = 'sell'")
batch
assert_until refused_is $((before + 2)) "action = 'sell'"
assert_until refused_is 1 "action = 'store set' AND kind = 'store' AND target = 'S001'"
batch --dry-run
assert_until refused_is $((before + 4)) "action = 'sell'"
assert_until refused_is 2 "action = 'store set'"
batch --atomic
assert_until refused_is $((before + 6)) "action = 'sell'"
assert_until refused_is 3 "action = 'store set'"
batch --store S002
assert_status 65
assert_until refused_is 1 "action = 'batch' AND kind = 'store' AND target = 'S002'"
capture timeout 60 ssh -F "$SERVER_DIR/ssh_config" bob@stockroom batch \
    < <(for ((i = 0; i < 30; i++)); do echo 'inventory --store S002'; done)
assert_until refused_is 30 "action = 'inventory'"
assert_equal t "$(sql "SELECT count(*) < 30 FROM audit_events WHERE action = 'inventory'")" 'equal ones are few rows'

# Admins read it, nobody else.
tssh admin audit --outcome refused --user bob --action sell --format json
assert_status 0
assert_json 'all(r["user"] == "bob" and r["action"] == "sell" and r["target"] == "S002" and r["store"] == "S002" for r in rows)'
assert_json "sum(r['times'] for r in rows) == $((before + 6)) and row['method'] == 'key' and row['key'].startswith('SHA256:')"
tssh admin audit --kind product --outcome done --format json
assert_json 'len(rows) == 1 and row["before"] is None and row["after"]["name"] == "Lamp" and row["target"] == "A-1"'
tssh admin audit --target ann --outcome done --format json
assert_json '[r["action"] for r in rows if r["action"] == "user add"] == ["user add"]'
assert_json 'rows[-1]["after"]["stores"] == ["S001"] and rows[-1]["user"] == "admin" and rows[-1]["source"] == "127.0.0.1"'
must admin user disable ann
tssh admin audit --target ann --limit 1
assert_contains "$OUT" 'disabled false -> true'
must admin user enable ann
tssh bob audit
assert_status 77

# While the database is away they wait; more than fit are counted, and those that fit come in the end.
leave() { ssh -F "$SERVER_DIR/ssh_config" -o ControlPath="$TEST_DIR/master" -O exit bob@stockroom; }
TEST_AT_END=leave
ssh -F "$SERVER_DIR/ssh_config" -o BatchMode=yes -o ControlMaster=yes -o ControlPath="$TEST_DIR/master" -fN bob@stockroom
sql "ALTER ROLE $SERVER_APP_ROLE NOLOGIN"
sql "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '$SERVER_APP_ROLE'" >/dev/null
capture timeout 60 ssh -F "$SERVER_DIR/ssh_config" -o ControlPath="$TEST_DIR/master" bob@stockroom batch \
    < <(for ((i = 100; i < 160; i++)); do echo "movements --store S$i"; done)
assert_equal 60 "$(grep -c unknown-store "$OUT_FILE")" 'lines refused'
assert_equal 0 "$(refused "action = 'movements'")" 'written while the database is away'
leave 2>/dev/null || true
TEST_AT_END=''
sql "ALTER ROLE $SERVER_APP_ROLE LOGIN"
assert_until refused_is 40 "action = 'movements' AND target < 'S140'"
assert_equal 0 "$(refused "action = 'movements' AND target >= 'S140'")" 'beyond the queue'
grep -q '"event":"audit.full"' "$SERVER_DIR/server.log" || fail 'the log does not say that the queue is full'
dropped_is_told() { grep -q '"event":"audit.dropped","refusals":"20"' "$SERVER_DIR/server.log"; }
assert_until dropped_is_told

# A server that stops writes out what it has.
tssh ann user disable bob
assert_status 77
server_stop TERM
assert_status 0
assert_equal 1 "$(refused "action = 'user disable' AND kind = 'user' AND target = 'bob'")" 'refused just before the stop'
test_done
