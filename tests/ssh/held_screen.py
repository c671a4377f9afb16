"""The screens on a terminal, until the server ends them: what they sent goes into a file. For held.sh.

    held_screen.py SSH_CONFIG USER FILE
"""
import fcntl
import os
import pty
import struct
import sys
import termios

config, user, name = sys.argv[1:]
pid, fd = pty.fork()
if pid == 0:
    os.environ["TERM"] = "xterm-256color"
    os.execvp("timeout", ["timeout", "200", "ssh", "-F", config, "-o", "BatchMode=yes", "-tt", f"{user}@stockroom"])
fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
shown = b""
with open(name, "wb", buffering=0) as file:
    while True:
        try:
            data = os.read(fd, 65536)
        except OSError:
            break
        if not data:
            break
        file.write(data)
        shown += data
os.waitpid(pid, 0)
end = shown.rfind(b"\x1b[?1049l")
if end < 0 or shown.rfind(b"\x1b[?1049h") > end:
    sys.exit(f"the terminal was left as it was: {shown[-300:]!r}")
print("the terminal was given back, then came", shown[end + 8:])
