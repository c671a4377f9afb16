#!/bin/bash
# The scripts themselves: they parse, are executable, refuse what they do not know, and list packages by known uses.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.."

fail() {
    printf 'FAILED: %s\n' "$*" >&2
    exit 1
}

while read -r file; do
    bash -n "$file" || fail "$file does not parse"
done < <(find packaging tests .ci -name '*.sh' -o -path .ci/run)
for file in packaging/demo.sh packaging/askpass.sh tests/run.sh tests/bench/retail.sh tests/bench/throughput.sh tests/bench/cache.sh tests/bench/populate.sh tests/bench/scale.sh .ci/run; do
    [[ -x $file ]] || fail "$file is not executable"
done
for file in packaging/demo.sh tests/run.sh tests/bench/retail.sh tests/bench/throughput.sh tests/bench/cache.sh tests/bench/populate.sh tests/bench/scale.sh; do
    "$file" --help | grep -q '^usage:' || fail "$file --help prints no usage"
done
for arguments in '--no-such-option' '--port 0' '--port 65536' '--port x' '--dir' 'begin'; do
    # shellcheck disable=SC2086 # words are meant
    if packaging/demo.sh $arguments >/dev/null 2>&1; then
        fail "demo.sh takes: $arguments"
    fi
done
if sed 's/#.*//' packaging/debian-packages.txt | grep -vE '^(build|run|test) +[a-z0-9][a-z0-9.+-]*$|^$'; then
    fail "debian-packages.txt has a line of another form"
fi
if command -v shellcheck >/dev/null; then
    find packaging tests/run.sh tests/lib tests/bench tests/packaging .ci \( -name '*.sh' -o -path .ci/run \) \
        -exec shellcheck -x -S warning {} +
fi
echo ok
