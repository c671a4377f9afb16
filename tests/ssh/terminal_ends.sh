#!/bin/bash
# However a session on a terminal ends, the terminal is given back, and the reason stands below it on a line of its own, in the
# server's words: core killed, the screens killed, the server stopped; with sizes that change meanwhile.
# shellcheck source=tests/lib/server.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../lib/server.sh"
server_start
must admin store add S001 --name '"Main Street"'
must admin product add A-1 --name Lamp
must admin stock-in A-1 5 --store S001

# Open the screens, do something to a process of the server, and print the exit status and all that was shown after the
# terminal was given back, of which only the words for people may move anything.
end_screens() { # SIGNAL PROGRAM ("" for the server itself)
    capture env PYTHONPATH="$STOCKROOM_ROOT/tests/ssh" python3 - "$SERVER_DIR/ssh_config" "$SERVER_PID" "$1" "$2" <<'PY'
import os, re, signal, subprocess, sys
from screen import Screen

config, server, name, program = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4]

def find(program):
    listed = subprocess.run(["ps", "-o", "pid=,args=", "--ppid", str(server)], capture_output=True, text=True, check=True)
    return next(int(line.split()[0]) for line in listed.stdout.splitlines() if line.split()[1] == program)

with Screen(config, "admin") as screen:
    screen.wait(rb"Lamp")
    screen.resize(12, 50)
    screen.wait(rb"Small screen")
    screen.resize(60, 200)
    os.kill(find(program) if program else server, getattr(signal, name))
    status = screen.end()
    farewell = screen.farewell().decode()
    if not re.search(r"\r\nstockroom: [^\x00-\x1f]+\r\n$", farewell):
        sys.exit(f"the last line is no reason: {farewell!r}")
    if re.search(r"\x1b\[[0-9;]*[A-HJKSTf]", farewell):
        sys.exit(f"something moved after the terminal was given back: {farewell!r}")
    for mode in ("\x1b[?25h", "\x1b[?2004l"):
        if screen.shown.rfind(mode.encode()) < screen.shown.rfind(mode.translate({ord("h"): "l", ord("l"): "h"}).encode()):
            sys.exit(f"{mode!r} was not sent last: {screen.shown[-300:]!r}")
    print(status, farewell.split("stockroom: ")[1].strip())
PY
}

end_screens SIGKILL stockroom-tui
assert_equal '137 The screens ended unexpectedly, please connect again' "$OUT" "$ERR"
end_screens SIGKILL stockroomd-core
assert_equal '75 The server is restarting, please connect again' "$OUT" "$ERR"
assert_until bash -c "ssh -F '$SERVER_DIR/ssh_config' -o BatchMode=yes admin@stockroom whoami >/dev/null 2>&1"
end_screens SIGTERM ''
assert_matches "$OUT$ERR" '^75 The server is stopping, please connect again( later)?$' # front's words or core's
server_stop TERM
server_launch
tssh admin whoami
assert_status 0
test_done
