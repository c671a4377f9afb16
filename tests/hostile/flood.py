"""A thousand sockets that say nothing, or next to nothing, while people log in."""
import os
import resource
import socket
import subprocess
import sys
import time

from client import Client, Closed
from server import IS_SANITIZED, IS_SLOW, main, scenario

# A process of a sanitized build has twenty times the memory.
SILENT = 100 if IS_SANITIZED else 1000
LOGINS = 1000 if IS_SLOW else 100
SSH_LOGINS = 10
IS_HELD = os.environ["HOSTILE_FLOOD"] == "held"

resource.setrlimit(resource.RLIMIT_NOFILE, (min(4096, resource.getrlimit(resource.RLIMIT_NOFILE)[1]),) * 2)


def percentile(times, part):
    return sorted(times)[min(len(times) - 1, int(len(times) * part))]


def timed(act, count):
    """How long each of so many runs took, those that had to be tried again included."""
    times, tries = [], 0
    for _ in range(count):
        started = time.monotonic()
        while True:
            tries += 1
            try:
                act()
                break
            except (Closed, OSError):
                assert time.monotonic() - started < 60, "no login within a minute"
                time.sleep(0.02)  # a client that tries again
        times.append(time.monotonic() - started)
    return f"p50 {percentile(times, .5) * 1000:.0f} ms, p99 {percentile(times, .99) * 1000:.0f} ms, {tries} tries for {count} logins"


def silent(server, number):
    """A third says nothing, a third its version, a third offers keys. From other addresses than those who log in."""
    item = socket.socket()
    item.settimeout(30)
    item.bind((f"127.0.1.{1 + number % 4}", 0))
    item.connect(("127.0.0.1", server.port))
    if number % 3 > 0:
        item.sendall(b"SSH-2.0-silent\r\n")
    if number % 3 > 1:
        item.sendall(b"\0\0\1\0\6\x14" + bytes(100))
    return item


def ssh(server):
    """Once: by the real client, which reports a refusal as status 255."""
    done = subprocess.run(["ssh", "-F", f"{server.directory}/ssh_config", "-o", "BatchMode=yes", "ann@stockroom", "whoami"],
                          capture_output=True, timeout=60, stdin=subprocess.DEVNULL)
    if done.returncode == 255:
        raise Closed(done.stderr.decode(errors="replace"))
    assert done.returncode == 0, done


@scenario
def silent_sockets(server):
    quiet = timed(lambda: server.check_login("ben"), 20)
    sockets = [silent(server, number) for number in range(SILENT)]
    if IS_HELD:
        server.wait("that all are held", lambda: len(server.sessions()) >= SILENT)
    held = len(server.sessions())
    logins = timed(lambda: server.check_login("ann"), LOGINS)
    real = timed(lambda: ssh(server), SSH_LOGINS)
    still = len(server.sessions())
    if IS_HELD:
        assert still >= SILENT, f"{still} are left of {SILENT}"
    for item in sockets:
        item.close()
    return f"{held} held, {still} at the end; quiet {quiet}; logins {logins}; ssh {real}"


@scenario
def silent_sockets_again_and_again(server):
    """Each that is closed makes room for the next."""
    for number in range(SILENT):
        silent(server, number).close()
    return timed(lambda: server.check_login("ann"), 10)


if __name__ == "__main__":
    main()
