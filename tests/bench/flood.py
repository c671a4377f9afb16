#!/usr/bin/env python3
"""Times one user's sales over a held connection, quiet and while another user floods. Run by flood.sh.

The flood is 50 sessions of one user: some sell without a pause, some read pages of the inventory, some scan the movements,
some log in again and again by password. Its clients run at the lowest priority, so that on one machine it is the server that is
loaded, and not by them. Each round measures quiet, then flooded; the ratios are of the same round. Standard library only.
"""
import argparse
import os
import pathlib
import secrets
import statistics
import subprocess
import sys
import threading
import time

STORES, PRODUCTS = 5, 1000
OPENING = 10000000


def say(text):
    print(text, file=sys.stderr, flush=True)


class Bench:
    def __init__(self, options):
        self.options = options
        self.server = pathlib.Path(options.server)
        self.work = pathlib.Path(options.work)
        self.passwords = {}

    def ssh(self, user, *more):
        return ["ssh", "-F", str(self.server / "ssh_config"), "-o", "IdentitiesOnly=yes", "-o", "IdentityFile="
                + str(self.work / user), *more, f"{user}@stockroom"]

    def admin(self, command, text):
        result = subprocess.run(["ssh", "-F", str(self.server / "ssh_config"), "-o", "BatchMode=yes", "admin@stockroom",
                                 command], input=text, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                check=False)
        if result.returncode != 0:
            sys.exit(f"{command}: exit status {result.returncode}: {result.stdout[-500:]}{result.stderr[-500:]}")

    def by_password(self, user, password, command, text=""):
        environment = os.environ | {"STOCKROOM_ASKPASS_PASSWORD": password, "SSH_ASKPASS": self.options.askpass,
                                    "SSH_ASKPASS_REQUIRE": "force"}
        return subprocess.run(
            ["nice", "-n", "19", *self.ssh(user, "-o", "PreferredAuthentications=password", "-o",
                                           "PubkeyAuthentication=no", "-o", "NumberOfPasswordPrompts=1"), command],
            input=text, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)

    def add_user(self, name):
        stores = " ".join(f"--store B{store:02d}" for store in range(1, STORES + 1))
        first, self.passwords[name] = secrets.token_hex(12), secrets.token_hex(12)
        self.admin(f"user add {name} --role staff {stores} --password-stdin", first + "\n")
        result = self.by_password(name, first, "passwd", self.passwords[name] + "\n")
        if result.returncode != 0:
            sys.exit(f"passwd of {name}: {result.stderr}")
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(self.work / name)], check=True,
                       stdin=subprocess.DEVNULL)
        self.admin(f"key add --user {name}", (self.work / f"{name}.pub").read_text())

    def load(self):
        say("Loading stores, products and stock, and making two users…")
        lines = [f'store add B{store:02d} --name "Bench {store}"' for store in range(1, STORES + 1)]
        lines += [f'product add P{product:04d} --name "Product {product}"' for product in range(1, PRODUCTS + 1)]
        lines += [f"stock-in P{product:04d} {OPENING} --store B{store:02d}" for store in range(1, STORES + 1)
                  for product in range(1, PRODUCTS + 1)]
        self.admin("batch", "\n".join(lines) + "\n")
        self.add_user("victim")
        self.add_user("flooder")

    def sales(self, user, sessions, seconds, pause_ms, nice):
        return subprocess.Popen(
            (["nice", "-n", "19"] if nice else [])
            + [os.path.join(self.options.programs, "bench_lockstep"), str(sessions), str(seconds), str(pause_ms),
               str(STORES), str(PRODUCTS), *self.ssh(user, "-o", "BatchMode=yes"), "batch"],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)

    def till(self):
        """One sale at a time, a pause, the next: percentiles of the answers' times."""
        process = self.sales("victim", 1, self.options.seconds, self.options.pause_ms, False)
        words = process.communicate()[0].split()
        if process.returncode != 0:
            sys.exit(f"the till: exit status {process.returncode}: {words}")
        return {words[i]: float(words[i + 1]) for i in range(0, len(words) - 1, 2)}


class Flood:
    """What the other user does. Counts what came of it: a flood that does nothing proves nothing."""

    def __init__(self, bench):
        self.bench = bench
        self.stops = threading.Event()
        self.threads, self.processes, self.seller = [], [], None
        self.lock = threading.Lock()
        self.counts = {"sales": 0, "pages": 0, "scans": 0, "logins": 0, "refused logins": 0}

    def count(self, what, number=1):
        with self.lock:
            self.counts[what] += number

    def reads(self, what, line):
        """A held session that asks again and again and reads all of every answer."""
        process = subprocess.Popen(["nice", "-n", "19", *self.bench.ssh("flooder", "-o", "BatchMode=yes"),
                                    "batch --format json"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   stderr=subprocess.DEVNULL)
        with self.lock:
            self.processes.append(process)
        try:
            while not self.stops.is_set():
                process.stdin.write(line * 8)
                process.stdin.flush()
                left = 8
                while left > 0:
                    answer = process.stdout.readline()
                    if not answer:
                        return
                    left -= b'"ok":' in answer
                    self.count(what, b'"ok":true' in answer)
        except BrokenPipeError:
            pass # told to stop

    def logs_in(self):
        while not self.stops.is_set():
            status = self.bench.by_password("flooder", self.bench.passwords["flooder"], "sell P0001 1 --store B01").returncode
            self.count("logins" if status in (0, 75) else "refused logins")

    def start(self):
        options = self.bench.options
        if options.sellers > 0:
            self.seller = self.bench.sales("flooder", options.sellers, 86400, 0, True)
        jobs = [(self.reads, ("pages", b"inventory --store B01 --limit 200\n"))] * options.pagers
        jobs += [(self.reads, ("scans", b"movements --limit 2000 --all-stores --type SELL\n"))] * options.scanners
        jobs += [(self.logs_in, ())] * options.logins
        for job, arguments in jobs:
            thread = threading.Thread(target=job, args=arguments)
            thread.start()
            self.threads.append(thread)
        wanted = {"pages": options.pagers, "scans": options.scanners, "logins": options.logins}
        deadline = time.monotonic() + 60
        while any(self.counts[what] < 5 for what, sessions in wanted.items() if sessions > 0):
            if time.monotonic() > deadline or (self.seller and self.seller.poll() is not None):
                self.stop()
                sys.exit(f"the flood does not get going: {self.counts}")
            time.sleep(0.05)

    def stop(self):
        self.stops.set()
        for process in self.processes:
            process.kill()
        words = []
        if self.seller:
            self.seller.terminate()
            words = self.seller.communicate()[0].split()
        for thread in self.threads:
            thread.join()
        for process in self.processes:
            process.wait()
        if "lines" in words:
            self.count("sales", int(float(words[words.index("lines") + 1])))


def measure(bench, options):
    rounds = []
    for number in range(1, options.rounds + 1):
        quiet = bench.till()
        flood = Flood(bench)
        started = time.monotonic()
        flood.start()
        try:
            flooded = bench.till()
        finally:
            flood.stop()
        seconds = time.monotonic() - started
        rounds.append((quiet, flooded))
        done = ", ".join(f"{count / seconds:,.0f} {what}" for what, count in flood.counts.items() if count)
        say(f"round {number} of {options.rounds}: p99 quiet {quiet['p99_us'] / 1000:.1f} ms, flooded "
            f"{flooded['p99_us'] / 1000:.1f} ms (the flood, a second: {done})")
    return rounds


def report(rounds, options):
    print(f"{os.cpu_count()} processors; {options.sellers} sessions that sell, {options.pagers} that page, {options.scanners} "
          f"that scan, {options.logins} that log in again and again, all of one user\n")
    print(f"{'one sale of another user':28}{'quiet':>10}{'flooded':>10}{'ratio':>8}   ratios of the rounds")
    for name in ("p50", "p99"):
        quiet, flooded = ([pair[side][f"{name}_us"] / 1000 for pair in rounds] for side in (0, 1))
        ratios = [b / a for a, b in zip(quiet, flooded)]
        verdict = ""
        if name == "p99":
            verdict = "  aim 2.0: " + ("reached" if statistics.median(ratios) <= 2 else "missed")
        print(f"{name + ', ms (median of rounds)':28}{statistics.median(quiet):>10.2f}{statistics.median(flooded):>10.2f}"
              f"{statistics.median(ratios):>8.2f}   " + "  ".join(f"{ratio:.2f}" for ratio in ratios) + verdict)


def main():
    parser = argparse.ArgumentParser(prog="tests/bench/flood.sh", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5, help="how often both are measured (5)")
    parser.add_argument("--seconds", type=int, default=15, help="how long each is measured (15)")
    parser.add_argument("--pause-ms", type=int, default=20, help="between two of the timed sales (20)")
    for name, sessions, what in (("sellers", 15, "sell without a pause"), ("pagers", 15, "read pages of the inventory"),
                                 ("scanners", 10, "scan the movements"), ("logins", 10, "log in again and again")):
        parser.add_argument(f"--{name}", type=int, default=sessions, help=f"sessions of the flood that {what} ({sessions})")
    for name in ("--server", "--work", "--programs", "--askpass"):
        parser.add_argument(name, required=True, help=argparse.SUPPRESS)
    options = parser.parse_args()
    bench = Bench(options)
    bench.load()
    report(measure(bench, options), options)


if __name__ == "__main__":
    main()
