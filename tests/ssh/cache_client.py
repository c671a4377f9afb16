"""For cache.sh: sessions held open on two servers of one database, whose answers are compared with what was written.

    cache_client.py latency  USER CONFIG_A CONFIG_B ROUNDS    what one server wrote the other shows: how soon
    cache_client.py monotonic USER CONFIG_A CONFIG_B ROUNDS   readers on both while writers count up on both
    cache_client.py watch    USER CONFIG_A CONFIG_B ROUNDS    a watch on B, sales on A

The store is S001, the product A-1; its quantity only grows by what this writes. Prints a line; exits 1 when something is wrong.
"""
import json
import subprocess
import sys
import threading
import time

WAIT_SECONDS = 60


class Session:
    """A batch that is held open: a line, then its answer."""

    def __init__(self, config, user):
        self.process = subprocess.Popen(
            ["ssh", "-F", config, "-o", "BatchMode=yes", f"{user}@stockroom", "batch", "--format", "json"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, bufsize=1)

    def send(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def next(self):
        text = self.process.stdout.readline()
        if not text:
            raise SystemExit("a session ended")
        return json.loads(text)

    def ask(self, line):
        """The rows of the answer and its last line."""
        self.send(line)
        rows = []
        while True:
            row = self.next()
            if "ok" in row:
                if not row["ok"]:
                    raise SystemExit(f"{line}: {row}")
                return rows, row
            rows.append(row)

    def quantity(self):
        return self.ask("inventory --product A-1 --store S001")[0][0]["quantity"]

    def add(self):
        return self.ask("stock-in A-1 1 --store S001")[1]["balance"]

    def close(self):
        self.process.stdin.close()
        self.process.wait(WAIT_SECONDS)


def latency(user, config_a, config_b, rounds):
    a, b = Session(config_a, user), Session(config_b, user)
    times = []
    for i in range(rounds):
        writer, reader = (a, b) if i % 2 == 0 else (b, a)
        reader.quantity()
        reader.quantity()  # it is in memory now
        balance = writer.add()
        start = time.monotonic()
        if writer.quantity() != balance:
            raise SystemExit("what was written is not read back at once")
        while (seen := reader.quantity()) != balance:
            if seen > balance or time.monotonic() - start > WAIT_SECONDS:
                raise SystemExit(f"{seen} instead of {balance}")
        times.append((time.monotonic() - start) * 1000)
    times.sort()
    print(f"what one server wrote the other showed after {times[len(times) // 2]:.1f} ms (median), "
          f"{times[-1]:.1f} ms (longest of {rounds})")
    a.close()
    b.close()


def monotonic(user, config_a, config_b, rounds):
    faults = []
    over = threading.Event()
    acknowledged = [0]
    lock = threading.Lock()
    reads = [0]

    def write(config):
        session = Session(config, user)
        for _ in range(rounds):
            balance = session.add()
            if session.quantity() < balance:
                faults.append("a writer does not read back what it wrote")
            with lock:
                acknowledged[0] = max(acknowledged[0], balance)
        session.close()

    def read(config):
        session = Session(config, user)
        last = 0
        while not over.is_set():
            seen = session.quantity()
            if seen < last:
                faults.append(f"{seen} after {last}")
            last = seen
            reads[0] += 1
        deadline = time.monotonic() + WAIT_SECONDS
        while session.quantity() != acknowledged[0]:
            if time.monotonic() > deadline:
                faults.append("the last value is never shown")
                break
        session.close()

    def guard(function, config):
        try:
            function(config)
        except (SystemExit, Exception) as fault:  # a thread's end is nobody's exit status
            faults.append(str(fault))

    readers = [threading.Thread(target=guard, args=(read, config)) for config in (config_a, config_b) * 2]
    writers = [threading.Thread(target=guard, args=(write, config)) for config in (config_a, config_b)]
    for thread in readers + writers:
        thread.start()
    for thread in writers:
        thread.join()
    over.set()
    for thread in readers:
        thread.join()
    print(f"{reads[0]} reads while {2 * rounds} movements were posted")
    if faults:
        raise SystemExit(f"{len(faults)} faults: {faults[0]}")
    if reads[0] < rounds:
        raise SystemExit("hardly anything was read")


def watch(user, config_a, config_b, rounds):
    a, b = Session(config_a, user), Session(config_b, user)
    b.ask("watch --store S001")
    times = []
    for _ in range(rounds):
        balance = a.add()
        start = time.monotonic()
        while (row := b.next()).get("balance") != balance:
            if time.monotonic() - start > WAIT_SECONDS:
                raise SystemExit("the watch does not show it")
        if row["type"] != "IN" or row["store"] != "S001":
            raise SystemExit(f"not the movement: {row}")
        times.append((time.monotonic() - start) * 1000)
    times.sort()
    print(f"a watch showed the other server's movements after {times[len(times) // 2]:.1f} ms (median), {times[-1]:.1f} ms")
    a.close()
    b.process.kill()
    b.process.wait()


if __name__ == "__main__":
    {"latency": latency, "monotonic": monotonic, "watch": watch}[sys.argv[1]](
        sys.argv[2], sys.argv[3], sys.argv[4], int(sys.argv[5]))
