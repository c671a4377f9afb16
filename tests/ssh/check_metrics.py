"""Is the file what Prometheus's text format 0.0.4 asks for, as `promtool check metrics` would? Says what is wrong."""

import re
import sys

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
SAMPLE = re.compile(rf'^({NAME})(?:\{{le="([^"]+)"\}})? (\S+)$')


def base_of(name, kinds):
    """The family of a sample: a histogram's have suffixes."""
    if name in kinds:
        return name
    for suffix in ("_bucket", "_sum", "_count"):
        if name.endswith(suffix) and kinds.get(name[: -len(suffix)]) == "histogram":
            return name[: -len(suffix)]
    sys.exit(f"{name}: a sample without TYPE before it")


def check_histogram(name, samples):
    buckets = [(bound, value) for sample, bound, value in samples if sample == name + "_bucket"]
    bounds = [float(bound) for bound, _ in buckets]
    counts = [value for _, value in buckets]
    count = [value for sample, _, value in samples if sample == name + "_count"]
    total = [value for sample, _, value in samples if sample == name + "_sum"]
    assert len(bounds) > 10 and bounds == sorted(set(bounds)), f"{name}: bounds {bounds}"
    assert bounds[-1] == float("inf"), f"{name}: no +Inf"
    assert counts == sorted(counts), f"{name}: buckets are not cumulative"
    assert len(count) == len(total) == 1 and count[0] == counts[-1], f"{name}: count {count}"
    assert (total[0] > 0) == (count[0] > 0), f"{name}: sum {total}"


def main():
    with open(sys.argv[1], encoding="ascii", newline="") as file:
        text = file.read()
    assert text.endswith("\n") and "\r" not in text and "\n\n" not in text
    helps, kinds, families = {}, {}, {}
    for line in text.splitlines():
        if head := re.match(rf"^# (HELP|TYPE) ({NAME}) (.+)$", line):
            where = helps if head[1] == "HELP" else kinds
            assert head[2] not in where, f"{line}: twice"
            assert head[2] not in families, f"{line}: after its samples"
            where[head[2]] = head[3]
            continue
        sample = SAMPLE.match(line)
        assert sample, f"not a sample: {line}"
        assert (sample[2] is not None) == sample[1].endswith("_bucket"), line
        family = base_of(sample[1], kinds)
        assert family == list(kinds)[-1], f"{line}: not with its family"
        families.setdefault(family, []).append((sample[1], sample[2], float(sample[3])))
    assert set(helps) == set(kinds) == set(families), "every family has HELP, TYPE and samples"
    for name, samples in families.items():
        kind = kinds[name]
        assert name.startswith("stockroom_"), name
        assert kind in ("counter", "gauge", "histogram"), kind
        assert (kind == "counter") == name.endswith("_total"), f"{name}: {kind}"
        assert kind != "histogram" or name.endswith("_seconds"), f"{name}: {kind}"
        if kind == "histogram":
            check_histogram(name, samples)
        else:
            assert len(samples) == 1 and samples[0][2] >= 0, f"{name}: {samples}"
    print(f"ok: {len(families)} families")


main()
