#!/bin/bash
# However a session on a terminal ends, the terminal is given back, and the reason stands below it on a line of its own, in the
# server's words: the user disabled, the session ended by an admin, nothing done for too long, core killed, the screens killed, the
# server stopped; with sizes that change meanwhile.
# shellcheck source=tests/lib/server.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../lib/server.sh"
server_start
must admin store add S001 --name '"Main Street"'
must admin product add A-1 --name Lamp
must admin stock-in A-1 5 --store S001

new_user ann '--role staff --store S001'

# Open the screens, do what ends them, and print the exit status and the reason: all that was shown after the terminal was given
# back, of which only the words for people may move anything.
end_screens() { # kill SIGNAL [PROGRAM] | tell COMMAND OF AN ADMIN… | wait
    capture env PYTHONPATH="$STOCKROOM_ROOT/tests/ssh" python3 - "$SERVER_DIR/ssh_config" "$SERVER_PID" "$@" <<'PY'
import json, os, re, signal, subprocess, sys
from screen import Screen

config, server, way, arguments = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4:]

def tell(*words):
    return subprocess.run(["ssh", "-F", config, "admin@stockroom", *words], check=True, capture_output=True, text=True).stdout

def find(program):
    listed = subprocess.run(["ps", "-o", "pid=,args=", "--ppid", str(server)], capture_output=True, text=True, check=True)
    return next(int(line.split()[0]) for line in listed.stdout.splitlines() if line.split()[1] == program)

def find_session():
    rows = [json.loads(line) for line in tell("sessions", "--all", "--format", "json").splitlines()]
    return next(str(row["session"]) for row in rows if row.get("user") == "ann" and row["screen"])

with Screen(config, "ann") as screen:
    screen.wait(rb"Lamp")
    screen.resize(12, 50)
    screen.wait(rb"Small screen")
    screen.resize(60, 200)
    if way == "kill":
        os.kill(find(arguments[1]) if arguments[1:] else server, getattr(signal, arguments[0]))
    elif way == "tell":
        tell(*[find_session() if word == "SESSION" else word for word in arguments])
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

end_screens tell user disable ann
assert_equal '75 Your account was disabled' "$OUT" "$ERR"
must admin user enable ann
end_screens tell session end SESSION
assert_equal '75 This session was ended by admin' "$OUT" "$ERR"
end_screens kill SIGKILL stockroom-tui
assert_equal '137 The screens ended unexpectedly, please connect again' "$OUT" "$ERR"
end_screens kill SIGKILL stockroomd-core
assert_equal '75 The server is restarting, please connect again' "$OUT" "$ERR"
assert_until bash -c "ssh -F '$SERVER_DIR/ssh_config' -o BatchMode=yes admin@stockroom whoami >/dev/null 2>&1"
end_screens kill SIGTERM
assert_matches "$OUT$ERR" '^75 The server is stopping, please connect again( later)?$' # front's words or core's
server_stop TERM
server_launch
tssh admin whoami
assert_status 0

server_stop TERM
SERVER_EXTRA=('[limits]' 'idle_seconds = 2')
server_launch
end_screens wait
assert_equal '75 No input for 2 seconds' "$OUT" "$ERR"
test_done
