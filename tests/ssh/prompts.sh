#!/bin/bash
# Commands on a terminal (ssh -t): they ask for the lines they want without showing them, take the keys of a terminal, and
# end their lines as a terminal needs it.
# shellcheck source=tests/lib/server.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../lib/server.sh"
server_start
must admin store add S001 --name '"Main Street"'

# Run a command on a terminal and type: a list of [what to wait for, what to type then]. Prints all that was shown, and exits as ssh did.
on_terminal() { # JSON OF THE LIST COMMAND…
    capture timeout 100 python3 - "$SERVER_DIR/ssh_config" "$@" <<'PY'
import json, os, pty, re, select, sys, time

config, script, *command = sys.argv[1:]
shown = b""
pid, fd = pty.fork()
if pid == 0:
    os.execvp("ssh", ["ssh", "-F", config, "-o", "EscapeChar=none", "-tt", "admin@stockroom", *command])
steps = json.loads(script)
deadline = time.monotonic() + 60
while True:
    if steps and re.search(steps[0][0].encode(), shown):
        os.write(fd, steps.pop(0)[1].encode())
    if not select.select([fd], [], [], max(0, deadline - time.monotonic()))[0]:
        sys.exit(f"waited in vain; shown: {shown!r}")
    try:
        data = os.read(fd, 65536)
    except OSError:
        data = b""
    if not data:
        break
    shown += data
sys.stdout.buffer.write(shown)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
PY
}

# Asked for, not shown; Backspace takes a whole character, ^U the line; \r ends it.
on_terminal '[["Password: ", "wrong\u0015a secrét\u007f\u007fet of bo\u00e9\u0008b\r"]]' user add bob --role admin --password-stdin
assert_status 0
assert_contains "$OUT" 'Password: '
assert_lacks "$OUT" secr
assert_lacks "$OUT" wrong
assert_contains "$(od -An -c "$OUT_FILE" | tr -d ' \n')" '\r\n'
assert_lacks "$(tr -d '\r' <"$OUT_FILE" | tr '\n' '|')" '||'
tssh_password bob 'a secret of bob' whoami
assert_lacks "$ERR" 'Permission denied'

# ^C and ^D leave without doing anything.
for key in '\u0003' '\u0004'; do
    on_terminal "[[\"Password: \", \"$key\"]]" user add eve --role admin --password-stdin
    assert_status 64
    assert_contains "$OUT" 'cancelled'
done
tssh admin user list
assert_lacks "$OUT" eve

# A line that is too long, or no text, is refused.
on_terminal "[[\"Password: \", \"$(printf 'x%.0s' {1..9000})\\r\"]]" user add eve --role admin --password-stdin
assert_status 65
assert_contains "$OUT" 'too-long'

# Rows and errors end in \r\n, once.
on_terminal '[]' store list
assert_status 0
assert_equal "$(tr -cd '\n' <"$OUT_FILE" | wc -c)" "$(tr -cd '\r' <"$OUT_FILE" | wc -c)" 'line ends'
on_terminal '[]' store list --nonsense
assert_status 64
assert_contains "$OUT" 'stockroom: usage: '

# Without a terminal nothing is asked.
tssh admin user add fay --role admin --password-stdin < <(echo 'a secret of fay')
assert_status 0
assert_lacks "$OUT$ERR" Password:

# Lines that a batch gives to a command are no commands, also when that command is refused.
tssh admin batch --format json < <(printf '%s\n' '@1 passwd --nonsense' 'product add A-9 --name Lamp' '@2 whoami')
assert_status 1
assert_json '[row.get("tag") for row in rows if "ok" in row] == ["1", "2"] and rows[0]["error"] == "usage"'
tssh admin product show A-9
assert_status 65
test_done
