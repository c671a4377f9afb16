#!/bin/bash
# The screens through a real ssh and a real terminal: first paint, a live change, a new size, search, quit; and that the terminal is
# given back as it was.
# shellcheck source=tests/lib/server.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../lib/server.sh"
server_start
must admin store add S001 --name '"Main Street"'
tssh admin batch < <(for i in 01 02 03; do echo "product add A-$i --name 'Lamp $i'"; echo "stock-in A-$i 10 --store S001"; done)
assert_status 0
new_user ann '--role staff --store S001'

capture python3 - "$SERVER_DIR/ssh_config" <<'PY'
import fcntl, os, pty, re, select, struct, subprocess, sys, termios, time

config = sys.argv[1]
shown = b""

def resize(fd, rows, columns):
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

def wait_for(fd, pattern, since=0):
    """Read until the terminal was sent what matches; None is the end of the session."""
    global shown
    deadline = time.monotonic() + 60
    while pattern is None or not re.search(pattern, shown[since:]):
        left = deadline - time.monotonic()
        if left <= 0:
            sys.exit(f"waited for {pattern!r} in vain: {shown[since:]!r}")
        if not select.select([fd], [], [], left)[0]:
            continue
        try:
            data = os.read(fd, 65536)
        except OSError:
            data = b""
        if not data:
            if pattern is None:
                return
            sys.exit(f"the session ended before {pattern!r}: {shown!r}")
        shown += data

pid, fd = pty.fork()
if pid == 0:
    os.environ["TERM"] = "xterm-256color"
    os.execvp("ssh", ["ssh", "-F", config, "-tt", "ann@stockroom"])
resize(fd, 24, 80)
wait_for(fd, rb"A-03")
wait_for(fd, rb"live")
mark = len(shown)
subprocess.run(["ssh", "-F", config, "ann@stockroom", "sell", "A-02", "3"], check=True, stdout=subprocess.DEVNULL)
wait_for(fd, rb"sell A-02 -3 by ann", mark)
mark = len(shown)
resize(fd, 12, 50)
wait_for(fd, rb"A-01", mark)
os.write(fd, b"?")
wait_for(fd, rb"(?i)help", mark)
os.write(fd, b"q")
mark = len(shown)
os.write(fd, b"/A-03\r")
wait_for(fd, rb"A-03", mark)
os.write(fd, b"q")
wait_for(fd, None)
status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
if status != 0:
    sys.exit(f"exit status {status}")
if not shown.rstrip().endswith(b"\x1b[?1049l") and b"\x1b[?1049l" not in shown[-400:]:
    sys.exit(f"the terminal was not given back: {shown[-200:]!r}")
print(shown.count(b"\n"))
PY
assert_status 0

# A terminal type that nobody knows, and sizes that no terminal has.
for setting in 'no-such-terminal 24 80' 'vt100 1 1' 'xterm 65535 65535'; do
    read -r term rows columns <<<"$setting"
    capture python3 - "$SERVER_DIR/ssh_config" "$term" "$rows" "$columns" <<'PY'
import fcntl, os, pty, select, struct, sys, termios, time
pid, fd = pty.fork()
if pid == 0:
    os.environ["TERM"] = sys.argv[2]
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", int(sys.argv[3]), int(sys.argv[4]), 0, 0))
    os.execvp("ssh", ["ssh", "-F", sys.argv[1], "-tt", "ann@stockroom"])
seen, deadline = b"", time.monotonic() + 60
while time.monotonic() < deadline:
    if select.select([fd], [], [], 0.2)[0]:
        try:
            data = os.read(fd, 1 << 20)
        except OSError:
            break
        if not data:
            break
        seen += data
    elif seen:
        os.write(fd, b"q")  # quiet: it has painted
status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
sys.exit(status)
PY
    assert_status 0
done
tssh admin whoami
assert_status 0
test_done
