#!/usr/bin/env python3
"""Measures Stockroom beside pgbench, the bare ledger statements and psql over OpenSSH. Run by throughput.sh.

Rounds are interleaved: each measures everything once, so that a machine that grows slow does so for all. Before each
measurement there is a CHECKPOINT. The table has the medians. Standard library only.
"""
import argparse
import json
import os
import pathlib
import random
import re
import signal
import socket
import statistics
import subprocess
import sys
import time

STORES, PRODUCTS = 10, 1000
OPENING = 100000000  # pieces of each product in each store: enough for any run

# One sale as one statement: the same locks, tables, indexes and a chained hash, as good as SQL alone can do it.
SELL_SQL = """WITH head AS MATERIALIZED (
    SELECT last_seq, last_hash FROM store_ledger WHERE store_id = {s} FOR UPDATE
), inv AS (
    UPDATE inventory i SET quantity = i.quantity - 1000, updated_at = clock_timestamp()
    FROM head WHERE i.store_id = {s} AND i.product_id = {p} AND i.quantity >= 1000
    RETURNING i.quantity, head.last_seq + 1 AS seq,
        sha256(head.last_hash || int8send(head.last_seq + 1) || int4send({p}) || int8send(i.quantity)) AS hash
), mov AS (
    INSERT INTO stock_movements (store_id, product_id, seq, quantity, balance, occurred_at, recorded_at, user_id,
        type_id, hash)
    SELECT {s}, {p}, seq, -1000, quantity, now(), now(), {user}, 2, hash FROM inv RETURNING 1
)
UPDATE store_ledger l SET last_seq = inv.seq, last_hash = inv.hash FROM inv WHERE l.store_id = {s}
RETURNING inv.quantity"""


def say(text):
    print(text, file=sys.stderr, flush=True)


class Bench:
    def __init__(self, options):
        self.options = options
        self.server = pathlib.Path(options.server)
        self.work = pathlib.Path(options.work)
        self.ssh = ["ssh", "-F", str(self.server / "ssh_config"), "-o", "BatchMode=yes", "admin@stockroom"]
        self.owner_dsn = (self.server / "dsn").read_text().strip()
        self.app_dsn = (self.server / "dsn-server").read_text().strip()
        self.super_dsn = (self.server / "dsn-superuser").read_text().strip() + " dbname=stockroom"
        self.runs = 0
        self.random = random.Random(1)
        self.sshd = None
        self.chunk = 1000

    # ---- Ground ------------------------------------------------------------------------------------------------

    def psql(self, sql, dsn=None):
        result = subprocess.run([self.program("psql"), "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1",
                                 dsn or self.super_dsn], input=sql, text=True, stdout=subprocess.PIPE, check=True)
        return result.stdout.strip()

    def program(self, name):
        return os.path.join(self.options.postgres, name)

    def batch(self, path, key, extra=""):
        """Run a command file; every line must be well."""
        started = time.monotonic()
        with open(path, "rb") as source, open(f"{path}.out", "wb") as out, open(f"{path}.err", "wb") as err:
            status = subprocess.run(self.ssh + [f"batch --key {key} {extra}"], stdin=source, stdout=out, stderr=err,
                                    check=False).returncode
        seconds = time.monotonic() - started
        if status != 0:
            with open(f"{path}.out", encoding="utf-8") as out:
                bad = [line for line in out if " error " in line][:3]
            sys.exit(f"batch {key}: exit status {status}: {''.join(bad)}{pathlib.Path(f'{path}.err').read_text()}")
        return seconds

    def sales(self, name, lines):
        path = self.work / name
        with open(path, "w", encoding="ascii") as file:
            for _ in range(lines):
                file.write(f"sell P{self.random.randint(1, PRODUCTS):04d} 1 --store B{self.random.randint(1, STORES):02d}\n")
        return path

    def load(self):
        say("Loading stores, products and opening stock…")
        path = self.work / "catalogue"
        with open(path, "w", encoding="ascii") as file:
            for store in range(1, STORES + 1):
                file.write(f"store add B{store:02d} --name \"Bench {store}\"\n")
            for product in range(1, PRODUCTS + 1):
                file.write(f"product add P{product:04d} --name \"Product {product}\"\n")
        self.batch(path, "bench-catalogue")
        path = self.work / "opening"
        with open(path, "w", encoding="ascii") as file:
            for store in range(1, STORES + 1):
                for product in range(1, PRODUCTS + 1):
                    file.write(f"stock-in P{product:04d} {OPENING} --store B{store:02d}\n")
        self.batch(path, "bench-opening")
        self.user_id = self.psql("SELECT user_id FROM users WHERE name = 'admin'")
        self.first_store = int(self.psql("SELECT min(store_id) FROM stores WHERE code LIKE 'B%'"))
        self.first_product = int(self.psql("SELECT min(product_id) FROM products WHERE sku LIKE 'P%'"))
        script = f"\\set s random({self.first_store}, {self.first_store + STORES - 1})\n" \
                 f"\\set p random({self.first_product}, {self.first_product + PRODUCTS - 1})\n"
        sell = SELL_SQL.format(s=":s", p=":p", user=self.user_id)
        (self.work / "pgbench.sql").write_text(script + " ".join(sell.split()) + ";\n", encoding="ascii")

    def settle(self):
        self.runs += 1
        self.psql("CHECKPOINT")

    # ---- (a) batches through ssh --------------------------------------------------------------------------------

    def sessions(self, count):
        """100,000 lines, by one session or shared among several."""
        lines = self.options.lines // count
        paths = [self.sales(f"sales-{i}", lines) for i in range(count)]
        self.settle()
        since = self.psql("SELECT clock_timestamp()")
        started = time.monotonic()
        running = []
        for i, path in enumerate(paths):
            with open(path, "rb") as source, open(f"{path}.out", "wb") as out, open(f"{path}.err", "wb") as err:
                running.append(subprocess.Popen(self.ssh + [f"batch --key bench-{self.runs}-{i}"], stdin=source,
                                                stdout=out, stderr=err))
        if any(process.wait() != 0 for process in running):
            sys.exit("a batch failed: " + pathlib.Path(f"{paths[0]}.err").read_text())
        seconds = time.monotonic() - started
        posted, transactions = self.psql(
            "SELECT count(*), count(DISTINCT recorded_at) FROM stock_movements "
            f"WHERE recorded_at >= '{since}'").split("|")
        if int(posted) != lines * count:
            sys.exit(f"{posted} movements posted instead of {lines * count}")
        if count == 1:
            self.chunk = max(1, round(int(posted) / int(transactions)))
        return lines * count / seconds

    # ---- (b) pgbench, and (b') sessions that wait for every answer ----------------------------------------------

    def pgbench(self, clients):
        self.settle()
        result = subprocess.run(
            [self.program("pgbench"), "-n", "-M", "prepared", "-c", str(clients), "-j", str(min(clients, 2)), "-T",
             str(self.options.seconds), "-f", str(self.work / "pgbench.sql"), self.app_dsn],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        match = re.search(r"^tps = ([0-9.]+)", result.stdout, re.M)
        if result.returncode != 0 or not match or "ERROR" in result.stdout:
            sys.exit(f"pgbench: {result.stdout}")
        return float(match.group(1))

    def lockstep_command(self, sessions, seconds, pause_ms):
        return [os.path.join(self.options.programs, "bench_lockstep"), str(sessions), str(seconds), str(pause_ms),
                str(STORES), str(PRODUCTS)] + self.ssh + ["batch"]

    @staticmethod
    def lockstep_result(text):
        words = text.split()
        return {words[i]: float(words[i + 1]) for i in range(0, len(words) - 1, 2)}

    def lockstep(self, sessions):
        self.settle()
        # Each session's summary is of no interest, unless something went wrong.
        result = subprocess.run(self.lockstep_command(sessions, self.options.seconds, 0), stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True, check=False)
        if result.returncode != 0:
            sys.exit(f"lockstep: {result.stdout}{result.stderr}")
        return self.lockstep_result(result.stdout)["rate"]

    # ---- (c) the bare statements --------------------------------------------------------------------------------

    def bare(self):
        self.settle()
        result = subprocess.run([os.path.join(self.options.programs, "bench_bare_ledger"), self.app_dsn,
                                 str(self.options.lines), str(self.chunk)], stdout=subprocess.PIPE, text=True, check=True)
        return self.lockstep_result(result.stdout)["rate"]

    # ---- (d) psql behind an OpenSSH sshd ------------------------------------------------------------------------

    def start_sshd(self):
        directory = self.work / "sshd"
        directory.mkdir()
        for name in ("host", "client"):
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(directory / name)], check=True,
                           stdin=subprocess.DEVNULL)
        (directory / "authorized_keys").write_text((directory / "client.pub").read_text())
        (directory / "dsn").write_text(self.app_dsn)
        command = directory / "command"
        command.write_text(f"#!/bin/sh\nexec {self.program('psql')} -X -q -A -t -v ON_ERROR_STOP=1 "
                           f"\"$(cat {directory}/dsn)\"\n")
        command.chmod(0o755)
        if os.geteuid() == 0:
            os.makedirs("/run/sshd", exist_ok=True)
        port = self.options.sshd_port or free_port()
        (directory / "config").write_text(f"""Port {port}
ListenAddress 127.0.0.1
HostKey {directory}/host
PidFile none
AuthorizedKeysFile {directory}/authorized_keys
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
ForceCommand {command}
""")
        self.sshd = subprocess.Popen(["/usr/sbin/sshd", "-D", "-f", str(directory / "config"), "-E",
                                      str(directory / "log")], stdin=subprocess.DEVNULL)
        user = subprocess.run(["id", "-un"], stdout=subprocess.PIPE, text=True, check=True).stdout.strip()
        self.sshd_ssh = ["ssh", "-F", "none", "-p", str(port), "-i", str(directory / "client"), "-o",
                         "IdentitiesOnly=yes", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null",
                         "-o", "LogLevel=ERROR", "-o", "BatchMode=yes", "-o", "ConnectTimeout=10",
                         f"{user}@127.0.0.1"]
        deadline = time.monotonic() + 30
        while True:
            result = subprocess.run(self.sshd_ssh, input="SELECT 'ready';\n", stdout=subprocess.PIPE,
                                    stderr=subprocess.PIPE, text=True, check=False)
            if result.stdout.strip() == "ready":
                return
            if time.monotonic() > deadline or self.sshd.poll() is not None:
                sys.exit(f"sshd: {result.stderr}{(directory / 'log').read_text()}")
            time.sleep(0.1)

    def psql_over_ssh(self):
        lines = max(100, self.options.lines // 20)
        sell = SELL_SQL.format(s="$1", p="$2", user=self.user_id)
        path = self.work / "sales.sql"
        with open(path, "w", encoding="ascii") as file:
            file.write("PREPARE sell (integer, integer) AS " + " ".join(sell.split()) + ";\n")
            for _ in range(lines):
                file.write(f"EXECUTE sell({self.first_store + self.random.randrange(STORES)}, "
                           f"{self.first_product + self.random.randrange(PRODUCTS)});\n")
        self.settle()
        started = time.monotonic()
        with open(path, "rb") as source:
            result = subprocess.run(self.sshd_ssh, stdin=source, stdout=subprocess.PIPE, check=False)
        seconds = time.monotonic() - started
        if result.returncode != 0 or len(result.stdout.split()) != lines:
            sys.exit(f"psql over ssh: exit status {result.returncode}, {len(result.stdout.split())} answers")
        return lines / seconds

    # ---- An interactive sale during a big batch -----------------------------------------------------------------

    def interactive(self):
        path = self.sales("million", self.options.million)
        self.settle()
        with open(path, "rb") as source, open(f"{path}.out", "wb") as out, open(f"{path}.err", "wb") as err:
            started = time.monotonic()
            batch = subprocess.Popen(self.ssh + [f"batch --key bench-million-{self.runs}"], stdin=source, stdout=out,
                                     stderr=err)
            probe = subprocess.Popen(self.lockstep_command(1, 86400, self.options.pause_ms), stdout=subprocess.PIPE,
                                     stderr=err, text=True)
            status = batch.wait()
            seconds = time.monotonic() - started
        probe.send_signal(signal.SIGTERM)
        text = probe.communicate()[0]
        if status != 0 or probe.returncode != 0:
            sys.exit(f"the long batch: exit status {status}; its probe: {text}")
        result = self.lockstep_result(text)
        result["batch_rate"] = self.options.million / seconds
        return result

    def prove(self):
        """The ledger after all of it: balances are sums, numbers have no gap."""
        bad = self.psql("""
            SELECT count(*) FROM inventory i LEFT JOIN (
                SELECT store_id, product_id, sum(quantity) AS total FROM stock_movements GROUP BY 1, 2) m
                USING (store_id, product_id) WHERE i.quantity <> coalesce(m.total, 0);
            SELECT count(*) FROM (SELECT 1 FROM stock_movements GROUP BY store_id
                HAVING max(seq) <> count(*)) gaps""")
        if bad.split() != ["0", "0"]:
            sys.exit(f"the ledger is not sound after the run: {bad}")

    def done(self):
        if self.sshd is not None:
            self.sshd.terminate()
            self.sshd.wait()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


MEASURES = (
    ("a1", "ssh batch, one session", lambda b: b.sessions(1)),
    ("a4", "ssh batch, four sessions", lambda b: b.sessions(4)),
    ("b1", "pgbench, 1 client", lambda b: b.pgbench(1)),
    ("b8", "pgbench, 8 clients", lambda b: b.pgbench(8)),
    ("b32", "pgbench, 32 clients", lambda b: b.pgbench(32)),
    ("s64", "64 sessions waiting for each answer", lambda b: b.lockstep(64)),
    ("b64", "pgbench, 64 clients", lambda b: b.pgbench(64)),
    ("c", "the bare ledger statements", lambda b: b.bare()),
    ("d", "psql over OpenSSH's sshd", lambda b: b.psql_over_ssh()),
)


def measure(bench, options):
    rates = {name: [] for name, _, _ in MEASURES}
    for number in range(1, options.rounds + 1):
        for name, title, run in MEASURES:
            rate = run(bench)
            rates[name].append(rate)
            say(f"round {number} of {options.rounds}: {title}: {rate:,.0f} lines/s"
                + (f" (transactions of {bench.chunk} lines)" if name in ("a1", "c") else ""))
    return rates


def report(rates, live, bench, options):
    median = {name: statistics.median(values) for name, values in rates.items()}
    print(f"PostgreSQL {bench.psql('SHOW server_version')}, fsync {bench.psql('SHOW fsync')}, "
          f"synchronous_commit {bench.psql('SHOW synchronous_commit')}, {os.cpu_count()} processors, "
          f"{options.lines:,} lines, {options.rounds} rounds, transactions of {bench.chunk} lines\n")
    print(f"{'':5}{'lines a second':38}{'median':>10}   rounds")
    for name, title, _ in MEASURES:
        print(f"{name:5}{title:38}{median[name]:>10,.0f}   " + "  ".join(f"{rate:,.0f}" for rate in rates[name]))
    best_b = max(median["b1"], median["b8"], median["b32"])
    ratios = []
    for session, title in (("a1", "one session"), ("a4", "four sessions")):
        ratios += [(f"{title} / psql over sshd", median[session] / median["d"], 10.0),
                   (f"{title} / the best pgbench", median[session] / best_b, 5.0),
                   (f"{title} / the bare statements", median[session] / median["c"], 0.8)]
    ratios.append(("64 waiting sessions / pgbench with 64", median["s64"] / median["b64"], 2.0))
    print(f"\n{'ratio':43}{'reached':>8}{'aim':>8}")
    for title, value, aim in ratios:
        print(f"{title:43}{value:>8.2f}{aim:>8.2f}  {'reached' if value >= aim else 'missed'}")
    if live:
        print(f"\ninteractive sale during a batch of {options.million:,} lines ({live['batch_rate']:,.0f} lines/s): "
              f"{live['lines']:.0f} sales, p50 {live['p50_us'] / 1000:.1f} ms, p99 {live['p99_us'] / 1000:.1f} ms, "
              f"max {live['max_us'] / 1000:.1f} ms; aim: p99 50 ms: "
              f"{'reached' if live['p99_us'] <= 50000 else 'missed'}")
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps({"rates": rates, "live": live, "chunk": bench.chunk}))


def main():
    parser = argparse.ArgumentParser(prog="tests/bench/throughput.sh", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", type=int, default=100000, help="lines of a batch (100,000)")
    parser.add_argument("--rounds", type=int, default=3, help="how often everything is measured (3)")
    parser.add_argument("--seconds", type=int, default=10, help="how long pgbench and the waiting sessions run (10)")
    parser.add_argument("--million", type=int, default=1000000,
                        help="lines of the batch beside which interactive sales are timed (1,000,000; 0: leave out)")
    parser.add_argument("--pause-ms", type=int, default=20, help="between two interactive sales (20)")
    parser.add_argument("--json", help="write the figures there too")
    parser.add_argument("--sshd-port", type=int, help="of the OpenSSH server to compare with (a free one)")
    for name in ("--server", "--work", "--programs", "--postgres"):
        parser.add_argument(name, required=True, help=argparse.SUPPRESS)
    options = parser.parse_args()
    bench = Bench(options)
    try:
        bench.load()
        bench.start_sshd()
        rates = measure(bench, options)
        live = bench.interactive() if options.million > 0 else None
        bench.prove()
        report(rates, live, bench, options)
    finally:
        bench.done()


if __name__ == "__main__":
    main()
