"""A person at a terminal, for tests: a real ssh under a pty, keys in, everything that was shown out.

with Screen(ssh_config, "ann") as screen: screen.wait(rb"live"); screen.type("q"); screen.end()
"""
import fcntl
import os
import pty
import re
import select
import struct
import sys
import termios
import time

WAIT_SECONDS = 60
RESTORED = b"\x1b[?1049l"


class Screen:
    def __init__(self, config, user, rows=24, columns=80, term="xterm-256color", options=()):
        self.shown = b""
        self.seen = 0  # what `wait` has matched up to
        self.status = None
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.environ["TERM"] = term
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
            os.execvp("ssh", ["ssh", "-F", config, "-tt", *options, f"{user}@stockroom"])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.status is None:
            os.close(self.fd)
            os.waitpid(self.pid, 0)

    def resize(self, rows, columns):
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def type(self, keys):
        os.write(self.fd, keys.encode() if isinstance(keys, str) else keys)

    def _read(self, deadline):
        """Some more of what is shown; False at the end of the session."""
        left = deadline - time.monotonic()
        if left <= 0 or not select.select([self.fd], [], [], left)[0]:
            sys.exit(f"waited in vain; shown since the last match: {self.shown[self.seen:]!r}")
        try:
            data = os.read(self.fd, 65536)
        except OSError:
            data = b""
        self.shown += data
        return bool(data)

    def wait(self, pattern):
        """Wait until what is shown after the last match holds a pattern."""
        deadline = time.monotonic() + WAIT_SECONDS
        while True:
            found = re.search(pattern, self.shown[self.seen :])
            if found:
                self.seen += found.end()
                return found
            if not self._read(deadline):
                sys.exit(f"the session ended before {pattern!r}: {self.shown[self.seen:]!r}")

    def end(self):
        """Wait for the end; the exit status. The terminal must have been given back."""
        deadline = time.monotonic() + WAIT_SECONDS
        while self._read(deadline):
            pass
        self.status = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        if RESTORED not in self.shown:
            sys.exit(f"the terminal was not given back: {self.shown[-400:]!r}")
        return self.status

    def farewell(self):
        """What was shown after the terminal was given back: the words for the person, and nothing that could move them."""
        return self.shown[self.shown.rindex(RESTORED) + len(RESTORED) :]
