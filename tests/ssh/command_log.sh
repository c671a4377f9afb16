#!/bin/bash
# What the log tells of commands and batches, what it never tells, that a line that was written survives core, and the journal.
# shellcheck source=tests/lib/server.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../lib/server.sh"
server_start
log=$SERVER_DIR/server.log

must admin store add S001 --name One
must admin store add S002 --name Two
must admin product add A-1 --name Lamp
new_user ann '--role staff --store S001'
must admin stock-in A-1 100 --store S001

# The events that a Python expression over `e` picks, as a list, must make another one over `events` true.
events_are() { # PICK EXPRESSION
    python3 - "$log" "$1" "$2" <<'PY'
import json, sys
events = []
with open(sys.argv[1], encoding="utf-8") as file:
    for line in file:
        if line.startswith("{") and line.endswith("}\n"):
            e = json.loads(line)
            if eval(sys.argv[2], {}, {"e": e}):
                events.append(e)
if not eval("(" + sys.argv[3] + ")", {}, {"events": events, "e": events[-1] if events else None}):
    sys.exit(1)
PY
}
command='e["event"] == "command" and e["level"] == "info"'

tssh ann sell A-1 3 --store S001
assert_status 0
assert_until events_are "$command and e['command'] == 'sell'" 'len(events) == 1 and e["user"] == "ann" and e["store"] == "S001"
    and e["source"] == "127.0.0.1" and int(e["session"]) > 0 and e["outcome"] == "ok" and e["rows"] == "1"
    and e["replayed"] == "false" and 0 < int(e["latency_us"]) < 120e6 and e["process"] == "core"'
must ann sell A-1 1 --ref R-1
must ann sell A-1 1 --ref R-1
assert_until events_are "$command and e['command'] == 'sell' and e['replayed'] == 'true'" 'len(events) == 1'
tssh ann inventory
assert_until events_are "$command and e['command'] == 'inventory'" 'e["rows"] == "1" and e["replayed"] is None'
tssh ann sell A-1 1000
assert_until events_are "$command and e['outcome'] == 'insufficient-stock'" 'e["command"] == "sell" and e["rows"] == "0"'
tssh ann audit
assert_until events_are "$command and e['outcome'] == 'not-permitted'" 'e["command"] == "audit"'
tssh ann open-sesame now
assert_until events_are "$command and e['outcome'] == 'unknown-command'" 'e["command"] == "unknown" and e["store"] is None'
tssh ann 'sell "A-1'
assert_until events_are "$command and e['outcome'] == 'usage'" 'e["command"] == "unknown"'

# A batch is one event; its lines are for those who debug.
tssh ann batch --key morning < <(printf '%s\n' 'sell A-1 1' 'sell A-1 2' 'sell A-1 1000' inventory)
assert_until events_are 'e["event"] == "batch"' 'len(events) == 1 and e["lines"] == "4" and e["ok"] == "3" and e["failed"] == "1"
    and e["replayed"] == "0" and e["key"] == "true" and e["outcome"] == "ok" and e["user"] == "ann" and e["level"] == "info"
    and e["atomic"] == "false" and int(e["latency_us"]) > 0'
assert_until events_are 'e["event"] == "command" and e["level"] == "debug"' '[(e["command"], e["outcome"]) for e in events]
    == [("sell", "ok"), ("sell", "ok"), ("sell", "insufficient-stock"), ("inventory", "ok")]'
tssh ann batch --key morning --store S001 < <(printf '%s\n' 'sell A-1 1' 'sell A-1 2')
assert_until events_are 'e["event"] == "batch"' 'len(events) == 2 and e["replayed"] == "2" and e["store"] == "S001"'
tssh ann batch --store S002 </dev/null
assert_until events_are "$command and e['command'] == 'batch'" 'e["outcome"] == "unknown-store"'
mkfifo "$TEST_DIR/fifo"
timeout 100 ssh -F "$SERVER_DIR/ssh_config" -o BatchMode=yes ann@stockroom batch <"$TEST_DIR/fifo" >"$TEST_DIR/held" 2>&1 &
client=$!
exec 5>"$TEST_DIR/fifo"
echo 'sell A-1 1' >&5
has_begun() { [[ -s $TEST_DIR/held ]]; }
assert_until has_begun
kill "$client"
wait "$client" || true
exec 5>&-
assert_until events_are 'e["event"] == "batch"' 'len(events) == 3 and e["outcome"] == "left" and e["lines"] == "1"'

# Each line of a screen is somebody who waits.
python3 - "$SERVER_DIR/ssh_config" <<'PY'
import os, pty, select, sys
pid, fd = pty.fork()
if pid == 0:
    os.environ["TERM"] = "xterm"
    os.execvp("ssh", ["ssh", "-F", sys.argv[1], "-tt", "ann@stockroom"])
shown = b""
while b"A-1" not in shown:
    if not select.select([fd], [], [], 60)[0]:
        sys.exit("the screen did not come")
    shown += os.read(fd, 65536)
os.write(fd, b"q")
try:
    while os.read(fd, 65536):
        pass
except OSError:
    pass
os.waitpid(pid, 0)
PY
assert_until events_are "$command and e['command'] == 'watch'" 'len(events) == 1 and e["user"] == "ann" and e["outcome"] == "ok"'
assert_equal 3 "$(grep -c '"event":"batch"' "$log")" 'a screen is no batch'

# Nothing secret is in it: whoever types a password where a name belongs, notes, tokens, invented names.
tssh admin user add carl --role staff --store S001 --password-stdin < <(echo 'hush-first-secret')
tssh_password ann 'hush-wrong-secret' whoami
assert_status 255
tssh_password hush.name.secret 'hush-name-password' whoami
assert_status 255
tssh ann "sell A-1 1 --note 'hush-note-secret'"
assert_status 0
tssh ann batch < <(echo "sell A-1 1 --note 'hush-batch-secret'"; echo 'hush-unknown-secret now')
tssh admin passwd --user ann < <(echo 'hush-other-secret')
assert_status 0
must admin login
token=$(tr -d '[:space:]' <"$OUT_FILE")
assert_matches "$token" '^[A-Za-z0-9_.-]{100,}$'
tssh_password admin "$token" whoami
assert_status 0
tssh_password admin "${token}x" whoami
assert_status 255
assert_until events_are 'e["event"] == "command" and e["command"] == "passwd"' 'events'
assert_equal 0 "$(grep -c 'hush' "$log")" 'lines with a secret'
assert_equal 0 "$(grep -c -F -e "${token:0:60}" "$log")" 'lines with a token'

# A line that was written is there after core has been killed.
tssh ann movements --limit 1
assert_until events_are "$command and e['command'] == 'movements'" 'len(events) == 1'
kill -KILL "$(pgrep -P "$SERVER_PID" -f stockroomd-core)"
assert_until events_are 'e["event"] == "core.ended"' 'events'
assert_equal 0 "$(events_are "$command and e['command'] == 'movements'" 'len(events) == 1'; echo $?)" 'the line after the kill'
server_stop TERM

# The same lines as the journal gets them.
python3 - "$TEST_DIR/journal" >"$TEST_DIR/datagrams" <<'PY' &
import socket, sys
journal = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
journal.bind(sys.argv[1])
print("bound", flush=True)
while True:
    print(ascii(journal.recv(65536)), flush=True)
PY
journal=$!
end_journal() { kill "$journal"; }
TEST_AT_END=end_journal
is_bound() { grep -q bound "$TEST_DIR/datagrams"; }
assert_until is_bound
SERVER_EXTRA=('[server]' 'log = journal' "journal_socket = $TEST_DIR/journal")
server_launch
must ann inventory
journal_has() { grep -q -e 'STOCKROOM_EVENT=command.*STOCKROOM_USER=ann.*STOCKROOM_COMMAND=inventory' "$TEST_DIR/datagrams"; }
assert_until journal_has
assert_matches "$(grep STOCKROOM_COMMAND=inventory "$TEST_DIR/datagrams")" \
    "SYSLOG_IDENTIFIER=stockroomd.nPRIORITY=6.nMESSAGE=.*\"event\":\"command\".*STOCKROOM_OUTCOME=ok"
front_has() { grep -q 'STOCKROOM_PROCESS=front.*STOCKROOM_EVENT=session.ended' "$TEST_DIR/datagrams"; }
assert_until front_has
assert_equal 0 "$(grep -c -v -e 'MESSAGE={' -e '^bound$' "$TEST_DIR/datagrams")" 'datagrams that are no lines'
test_done
