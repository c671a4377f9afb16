#!/usr/bin/env python3
"""Times `inventory --product` on two servers of one database, one with and one without a cache. Run by cache.sh.

Each round measures both, one right after the other, at 1, 8 and 64 sessions held open that ask, wait for the answer and ask
again; first alone, then while a till sells the same products in the same stores through the server that is asked. Ratios are of
the same round; the table has the medians. Standard library only.
"""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys

STORES, PRODUCTS = 10, 100
OPENING = 10000000
SESSIONS = (1, 8, 64)


def say(text):
    print(text, file=sys.stderr, flush=True)


class Bench:
    def __init__(self, options):
        self.options = options
        self.server = pathlib.Path(options.server)

    def ssh(self, config, command):
        return ["ssh", "-F", str(self.server / config), "-o", "BatchMode=yes", "admin@stockroom", command]

    def run(self, config, command, text=""):
        result = subprocess.run(self.ssh(config, command), input=text, text=True, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, check=False)
        if result.returncode != 0:
            sys.exit(f"{command}: exit status {result.returncode}: {result.stdout[-500:]}{result.stderr[-500:]}")
        return result.stdout

    def load(self):
        say("Loading stores, products and stock…")
        lines = [f'store add B{store:02d} --name "Bench {store}"' for store in range(1, STORES + 1)]
        lines += [f'product add P{product:04d} --name "Product {product}" --price 1' for product in range(1, PRODUCTS + 1)]
        lines += [f"stock-in P{product:04d} {OPENING} --store B{store:02d}" for store in range(1, STORES + 1)
                  for product in range(1, PRODUCTS + 1)]
        self.run("ssh_config", "batch", "\n".join(lines) + "\n")

    def lockstep(self, config, sessions, seconds, pause_ms, asks):
        return subprocess.Popen([os.path.join(self.options.programs, "bench_lockstep"), *(["--ask"] if asks else []),
                                 str(sessions), str(seconds), str(pause_ms), str(STORES), str(PRODUCTS),
                                 *self.ssh(config, "batch")], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)

    @staticmethod
    def result(process):
        words = process.communicate()[0].split()
        if process.returncode != 0:
            sys.exit(f"lockstep: exit status {process.returncode}: {words}")
        return {words[i]: float(words[i + 1]) for i in range(0, len(words) - 1, 2)}

    def counts(self, config):
        rows = [json.loads(line) for line in self.run(config, "stats --format json").splitlines()]
        return {row["name"]: row["value"] for row in rows}

    def measure(self, config, sessions, sells):
        """The answers of one server, and the share that came from memory."""
        till = self.lockstep(config, 1, 3600, self.options.pause_ms, False) if sells else None
        before = self.counts(config)
        result = self.result(self.lockstep(config, sessions, self.options.seconds, 0, True))
        after = self.counts(config)
        if till:
            till.terminate()
            if self.result(till)["lines"] == 0:
                sys.exit("the till sold nothing")
        hits = after["cache_hits"] - before["cache_hits"]
        asked = hits + after["cache_misses"] - before["cache_misses"]
        if (hits > 0) != (config == "ssh_config"):
            sys.exit(f"{hits} answers came from memory")
        return result | {"hits": 100 * hits / asked if asked else 0}

    def round(self, sessions, sells):
        cached = self.measure("ssh_config", sessions, sells)
        bare = self.measure("ssh_config_other", sessions, sells)
        return cached, bare, cached["rate"] / bare["rate"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--server", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--work", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--programs", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=5, help="of each measurement")
    parser.add_argument("--pause-ms", type=int, default=10, help="between two sales of the till")
    bench = Bench(parser.parse_args())
    bench.load()
    cases = [(sessions, sells) for sells in (False, True) for sessions in SESSIONS]
    rounds = {case: [] for case in cases}
    for number in range(1, bench.options.rounds + 1):
        for case in cases:
            rounds[case].append(bench.round(*case))
            cached, bare, ratio = rounds[case][-1]
            say(f"round {number}: {case[0]} sessions{' beside a till' if case[1] else ''}: {cached['rate']:.0f}/s with, "
                f"{bare['rate']:.0f}/s without: {ratio:.2f}")
    print("sessions  till  answers/s with  without  ratio  p50 us with  without  p99 us with  without  from memory")
    for (sessions, sells), results in rounds.items():
        def median(which, name, results=results):
            return statistics.median(result[which][name] for result in results)
        print(f"{sessions:8}  {'yes' if sells else 'no':4}  {median(0, 'rate'):14.0f}  {median(1, 'rate'):7.0f}  "
              f"{statistics.median(result[2] for result in results):5.2f}  {median(0, 'p50_us'):11.0f}  "
              f"{median(1, 'p50_us'):7.0f}  {median(0, 'p99_us'):11.0f}  {median(1, 'p99_us'):7.0f}  "
              f"{median(0, 'hits'):10.1f}%")


if __name__ == "__main__":
    main()
