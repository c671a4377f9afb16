"""The server under attack as seen from outside, and the runner of scenarios: after each the server is as it was before.

    @scenario
    def nothing_happens(server):
        with server.connect("ann") as client:
            …
    main()

Run by tests/hostile/lib.sh, which says in the environment where the server is.
"""
import json
import os
import subprocess
import sys
import time
import traceback

from client import Client, load_key

WAIT_SECONDS = int(os.environ.get("TEST_WAIT_SECONDS", "60"))  # for conditions: generous, a busy machine is no failure
IS_SLOW = bool(os.environ.get("STOCKROOM_TEST_SLOW"))

# Memory that is the process's own, beyond what it had after the warm-up. malloc keeps what was freed at the top of each
# thread's heap (128 KiB) and fragments the rest; of front some 400 KiB are shared with a session one moment and its own the
# next, in core the pools of memory of its threads fill up. Measured: front 4 KiB, core none after each further hundred logins.
# A sanitizer keeps freed memory on purpose (4 MiB, and its shadow).
IS_SANITIZED = os.environ["HOSTILE_SANITIZED"] == "1"
FRONT_KIB, CORE_KIB = (24 * 1024, 48 * 1024) if IS_SANITIZED else (1024, 4 * 1024)


class Server:
    def __init__(self):
        self.port = int(os.environ["HOSTILE_PORT"])
        self.front = int(os.environ["HOSTILE_FRONT"])
        self.directory = os.environ["HOSTILE_DIR"]
        self.keys = {}
        self.core = next(pid for pid, name in self.children().items() if name == "stockroomd-core")
        self.log_read = 0

    # ---- clients

    def key(self, user):
        if user not in self.keys:
            self.keys[user] = load_key(f"{self.directory}/keys/{user}")
        return self.keys[user]

    def connect(self, user=None, **options):
        """A client that has exchanged keys, and logged in as the user when one is named."""
        client = Client(self.port, **options).shake_hands()
        return client if user is None else client.log_in(user, self.key(user))

    def check_login(self, user="ann"):
        with self.connect(user) as client:
            out, err, status = client.run("whoami")
        assert status == 0 and user.encode() in out, f"a normal login: {status} {out!r} {err!r}"

    def check_ssh(self, user="ann"):
        """The same by the real thing."""
        done = subprocess.run(["ssh", "-F", f"{self.directory}/ssh_config", "-o", "BatchMode=yes", f"{user}@stockroom", "whoami"],
                              capture_output=True, timeout=WAIT_SECONDS, stdin=subprocess.DEVNULL)
        assert done.returncode == 0 and user.encode() in done.stdout, f"ssh: {done}"

    # ---- what the kernel knows

    def children(self):
        """Front's: number to name, those included that have ended and were not reaped."""
        found = {}
        with open(f"/proc/{self.front}/task/{self.front}/children", encoding="ascii") as file:
            for pid in map(int, file.read().split()):
                try:
                    with open(f"/proc/{pid}/comm", encoding="ascii") as comm:
                        found[pid] = comm.read().strip()
                except (FileNotFoundError, ProcessLookupError):
                    pass
        return found

    def sessions(self):
        return [pid for pid, name in self.children().items() if name == "stockroomd"]

    def wait_session(self, before=()):
        """The one session process that was not there before."""
        return self.wait("a session process", lambda: [pid for pid in self.sessions() if pid not in before])[0]

    @staticmethod
    def private_kib(pid):
        try:
            with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
                return sum(int(line.split()[1]) for line in file if line.startswith("Private"))
        except PermissionError:  # not root, and the process may not be looked into
            with open(f"/proc/{pid}/status", encoding="ascii") as file:
                return sum(int(line.split()[1]) for line in file if line.startswith("RssAnon"))
        except (FileNotFoundError, ProcessLookupError):  # it has gone
            return 0

    @staticmethod
    def fds(pid):
        try:
            return len(os.listdir(f"/proc/{pid}/fd"))
        except PermissionError:
            return None

    def measure(self):
        children = self.children()
        assert self.core in children, "core has ended"
        return {"processes": sorted(children.values()), "front fds": self.fds(self.front), "core fds": self.fds(self.core),
                "front KiB": self.private_kib(self.front), "core KiB": self.private_kib(self.core)}

    # ---- waiting

    @staticmethod
    def wait(what, condition, seconds=WAIT_SECONDS):
        deadline = time.monotonic() + seconds
        while True:
            value = condition()
            if value:
                return value
            if time.monotonic() > deadline:
                raise AssertionError(f"{what}: not within {seconds} s")
            time.sleep(0.005)

    def set_baseline(self):
        """After a warm-up, so that what is made once is there: pools, tables, connections to the database."""
        clients = [self.connect("ann") for _ in range(20)]
        for client in clients:
            assert client.run("inventory")[2] == 0
        for client in clients:
            client.close()
        self.wait("the warm-up's end", lambda: not self.sessions())
        self.check_login()
        self.baseline, agreed = self.measure(), 0
        while agreed < 20:  # core and front close what belonged to a session a moment after it has gone
            now = self.measure()
            agreed = agreed + 1 if not self.sessions() and now == self.baseline else 0
            self.baseline = now
            time.sleep(0.005)
        self.log_events()

    def difference(self):
        now = self.measure()
        for name, most in (("front KiB", FRONT_KIB), ("core KiB", CORE_KIB)):
            if now[name] <= self.baseline[name] + most:
                now[name] = self.baseline[name]
        return {name: (self.baseline[name], now[name]) for name in now if now[name] != self.baseline[name]}

    def settle(self):
        """As before: processes, descriptors, memory. Waits for it."""
        deadline = time.monotonic() + WAIT_SECONDS
        while difference := self.difference():
            if time.monotonic() > deadline:
                raise AssertionError(f"not as before (before, now): {difference}")
            time.sleep(0.01)

    # ---- the log

    def log_events(self):
        """What was logged since the last call. Each line must be JSON, free of whatever could touch a terminal."""
        with open(f"{self.directory}/server.log", "rb") as file:
            file.seek(self.log_read)
            data = file.read()
        data = data[:data.rfind(b"\n") + 1]
        self.log_read += len(data)
        return [self.check_line(line) for line in data.split(b"\n")[:-1]]

    @staticmethod
    def check_line(line):
        text = line.decode("utf-8")
        bad = [f"U+{ord(c):04X}" for c in text if is_dangerous(c)]
        assert not bad, f"in the log: {bad} in {line!r}"
        try:
            event = json.loads(text)
        except ValueError as error:
            raise AssertionError(f"no JSON in the log: {line!r}") from error
        assert isinstance(event, dict), line
        return event

    def crashes(self):
        """Session processes that ended by themselves or were ended as broken; the end of the login grace time is no such thing."""
        return [event for event in self.log_events() if event.get("event") == "session.crashed" or
                event.get("event") == "session.killed" and event.get("reason") != "no login in time"]


def is_dangerous(character):
    """C0, DEL, C1, bidi controls, invisible marks and separators."""
    point = ord(character)
    return (point < 0x20 or 0x7F <= point < 0xA0 or point in (0xAD, 0x61C, 0xFEFF) or 0x200B <= point <= 0x200F or
            0x2028 <= point <= 0x202E or 0x2060 <= point <= 0x206F or 0xE0000 <= point <= 0xE007F)


SCENARIOS = []


def scenario(function=None, *, crashes=0):
    """crashes: of session processes, that are this scenario's aim (a guard that ends them); any other fails it."""
    if function is None:
        return lambda inner: scenario(inner, crashes=crashes)
    SCENARIOS.append((function, crashes))
    return function


def run(server, function, crashes):
    started = time.monotonic()
    figures = function(server) or ""
    server.settle()
    server.check_login()
    server.settle()
    seen = server.crashes()
    assert len(seen) == crashes, f"{crashes} crashes expected: {seen}"
    print(f"ok {function.__name__} {time.monotonic() - started:.2f} s {figures}", flush=True)


def main():
    server = Server()
    server.set_baseline()
    wanted = sys.argv[1:]
    failures = 0
    for function, crashes in SCENARIOS:
        if wanted and function.__name__ not in wanted:
            continue
        try:
            run(server, function, crashes)
        except Exception:
            print(f"FAILED {function.__name__}", flush=True)
            traceback.print_exc()
            failures += 1
    server.check_ssh()
    server.settle()
    print("baseline", server.baseline, "end", server.measure(), flush=True)
    sys.exit(1 if failures else 0)
