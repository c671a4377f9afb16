#!/bin/bash
# What a session and a TUI are allowed: looked up in the kernel, while they run.
# shellcheck source=tests/lib/server.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../lib/server.sh"
server_start
must admin store add S001 --name One

sanitized() { # then there is no filter; grep reads to the end, lest nm be told that its pipe broke
    [[ $(nm "$STOCKROOM_TEST_BIN/stockroomd" | grep -cE '__(a|t)san_init') != 0 ]]
}
children() { # NAME
    pgrep -P "$SERVER_PID" -x "$1"
}
field() { # PID FIELD
    awk -v name="$2:" '$1 == name { print $2 }' "/proc/$1/status"
}

# A session in a terminal, with its TUI.
python3 - "$SERVER_DIR/ssh_config" "$TEST_DIR/stop" >/dev/null <<'PY' &
import os, pty, select, sys
pid, fd = pty.fork()
if pid == 0:
    os.execvp("ssh", ["ssh", "-F", sys.argv[1], "-tt", "admin@stockroom"])
while not os.path.exists(sys.argv[2]):
    if select.select([fd], [], [], 0.1)[0]:
        try:
            if not os.read(fd, 65536):
                break
        except OSError:
            break
PY
terminal=$!
assert_until children stockroom-tui
session=$(children stockroomd)
tui=$(children stockroom-tui)
core=$(children stockroomd-core)
logged_in() { grep -q '"session.open".*"user":"admin"' "$SERVER_DIR/server.log"; }
assert_until logged_in

for pid in "$session" "$tui"; do
    assert_equal 1 "$(field "$pid" NoNewPrivs)" NoNewPrivs
    sanitized || assert_equal 2 "$(field "$pid" Seccomp)" Seccomp
    assert_equal 0000000000000000 "$(field "$pid" CapEff)" CapEff
    assert_lacks "$(cat "/proc/$pid/maps")" libpq
    if [[ $(id -u) == 0 ]]; then
        assert_equal "$(id -u stockroom)" "$(field "$pid" Uid)" Uid
    fi
done
assert_lacks "$(cat "/proc/$core/maps")" libssh
if [[ $(id -u) == 0 ]]; then
    assert_equal "$(id -u stockroom)" "$(field "$core" Uid)" Uid
    # Neither holds the database's password: front forgot it before the fork, and it is in nobody's environment.
    password=$(sed 's/.*password=//' "$SERVER_DIR/dsn-server")
    for pid in "$session" "$tui" "$SERVER_PID"; do
        assert_equal 0 "$(grep -ac -- "$password" "/proc/$pid/environ" "/proc/$pid/cmdline" | awk -F: '{ sum += $2 } END { print sum }')" "secrets of $pid"
    done
fi
limit=$(awk '/^Max open files/ { print $4 }' "/proc/$session/limits")
open=$(find "/proc/$session/fd" -type l | wc -l)
ASSERTIONS=$((ASSERTIONS + 1))
((limit <= open + 8)) || fail "a session with $open descriptors may have $limit"

# When the client goes, both go.
kill "$terminal"
both_gone() { ! kill -0 "$session" 2>/dev/null && ! kill -0 "$tui" 2>/dev/null; }
assert_until both_gone
test_done
