#!/usr/bin/env python3
"""Times each interactive query and each report on the database that populate.sh made. Run by scale.sh.

Commands go through one ssh connection, one after the other; the times are the server's own, of its log (latency_us of the
`command` events: from the command's arrival to its answer). Standard library only.
"""
import argparse
import json
import pathlib
import random
import subprocess
import sys
import time

# name, the bound of the issue in ms, and the command. {s} {p} {b} {u} are drawn for each run: a store, a product of it, its
# barcode, one of its staff.
QUERIES = [
    ("inventory, a page", 50, "inventory --store {s}"),
    ("inventory --product (till)", 50, "inventory --store {s} --product {p}"),
    ("inventory --product barcode", 50, "inventory --store {s} --product {b}"),
    ("inventory --search", 50, 'inventory --store {s} --search "oat mil"'),
    ("inventory --search, one product", 50, "inventory --store {s} --search {p}"),
    ("inventory --low", 50, "inventory --store {s} --low"),
    ("inventory --category", 50, "inventory --store {s} --category Drinks"),
    ("inventory --as-of -30d", 50, "inventory --store {s} --as-of -30d"),
    ("inventory --all-stores, a page", 50, "inventory --all-stores"),
    ("inventory --all-stores --product", 50, "inventory --all-stores --product {p}"),
    ("movements, a page", 50, "movements --store {s}"),
    ("movements --product", 50, "movements --store {s} --product {p}"),
    ("movements --user", 50, "movements --store {s} --user {u}"),
    ("movements --type REMOVE", 50, "movements --store {s} --type REMOVE"),
    ("movements --from -7d", 50, "movements --store {s} --from -7d"),
    ("product show", 50, "product show {p}"),
    ("product list, a page", 50, "product list"),
    ("product list --search", 50, 'product list --search "lamp 500"'),
    ("store list", 50, "store list"),
    ("store show", 50, "store show {s}"),
    ("transfer list", 50, "transfer list --store {s}"),
    ("audit, a page", 50, "audit"),
    ("audit --user", 50, "audit --user {u}"),
]
REPORTS = [
    ("report on-hand", ""),
    ("report low-stock", ""),
    ("report valuation", ""),
    ("report sales", " --by day --from -30d"),
    ("report sales", " --by product --from -30d"),
    ("report sales", " --by user --from -30d"),
    ("report top-sellers", " --from -30d"),
    ("report shrinkage", " --from -30d"),
    ("report dead-stock", ""),
    ("report turnover", " --from -30d"),
]


class Bench:
    def __init__(self, options):
        self.options = options
        self.log = pathlib.Path(options.log)
        self.ssh = ["ssh", "-F", str(pathlib.Path(options.server) / "ssh_config"), "-o", "BatchMode=yes", "-o", "ControlMaster=auto",
                    "-o", f"ControlPath={options.control}", "-o", "ControlPersist=60", "admin@stockroom"]
        self.random = random.Random(1)

    def run(self, command):
        result = subprocess.run(self.ssh + [command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                text=True, check=False)
        if result.returncode != 0:
            sys.exit(f"{command}: exit status {result.returncode}: {result.stderr[-500:]}")
        return result.stdout

    def load(self):
        """Some stores, and products and staff of each."""
        self.run("user set admin --limit read=none --limit scan=none")  # not what is measured
        stores = [json.loads(line)["store"] for line in self.run("store list --format json").splitlines()]
        self.draws = []
        for store in self.random.sample(stores, min(len(stores), 20)):
            page = [json.loads(line) for line in self.run(f"inventory --store {store} --format json").splitlines()]
            for row in self.random.sample([row for row in page if "sku" in row], 5):
                shown = json.loads(self.run(f"product show {row['sku']} --format json").splitlines()[0])
                self.draws.append({"s": store, "p": row["sku"], "b": shown["barcodes"][0], "u": f"s{store[1:]}a"})
        start = self.log.stat().st_size
        self.run("whoami")
        self.events(start, "whoami", 1)

    def events(self, start, command, count):
        """The command's events in the log since start, once there are as many: the log is written a little later."""
        for _ in range(1000):
            with self.log.open("rb") as file:
                file.seek(start)
                lines = [line for line in file.read().split(b"\n")[:-1] if b'"event":"command"' in line]
            events = [event for event in map(json.loads, lines) if command.startswith(event["command"])]
            if len(events) >= count:
                return events
            time.sleep(0.01)
        sys.exit(f"{command}: {len(events)} of {count} in the log")

    def times(self, command, times):
        """The milliseconds of as many runs, in order."""
        start = self.log.stat().st_size
        self.run(command.format(**self.draws[0]))  # what is read for the first time comes from the disk
        for _ in range(times):
            self.run(command.format(**self.random.choice(self.draws)))
        events = self.events(start, command, times + 1)
        return sorted(int(event["latency_us"]) / 1000 for event in events[-times:])

    def tell(self, name, command, bound_ms, times):
        took = self.times(command, times)
        p50, p99 = took[len(took) // 2], took[min(len(took) - 1, len(took) * 99 // 100)]
        print(f"{name:52}  {times:5}  {p50:9.2f}  {p99:9.2f}  {bound_ms:7}  {'yes' if p99 < bound_ms else 'NO'}", flush=True)
        return p99 < bound_ms


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--server", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--log", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--control", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--times", type=int, default=200, help="runs of each query of a store")
    parser.add_argument("--report-times", type=int, default=50, help="runs of each report of a store")
    parser.add_argument("--all-times", type=int, default=5, help="runs of each report of all stores")
    options = parser.parse_args()
    bench = Bench(options)
    bench.load()
    print(f"{'query':52}  {'times':>5}  {'p50 ms':>9}  {'p99 ms':>9}  {'bound':>7}  within")
    kept = [bench.tell(name, command, bound, options.times) for name, bound, command in QUERIES]
    for report, by in REPORTS:
        kept.append(bench.tell(report + by, f"{report}{by} --store {{s}}", 100, options.report_times))
    for report, by in REPORTS:
        kept.append(bench.tell(f"{report}{by} --all-stores", f"{report}{by} --all-stores", 2000, options.all_times))
    print(f"{sum(kept)} of {len(kept)} within their bounds")


if __name__ == "__main__":
    main()
