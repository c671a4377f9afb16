#!/bin/bash
# The generated manual page: every command and option of the sources is there with an example, and roff has no complaint.
set -euo pipefail
: "${STOCKROOM_TEST_BIN:?is not set: the directory with the programs, e.g. build/dev/bin}"
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.."
work=$(mktemp -d /tmp/stockroom-test.XXXXXX)
trap 'rm -rf -- "$work"' EXIT

fail() {
    printf 'FAILED: %s\n' "$*" >&2
    exit 1
}

page=$work/stockroom-commands.7
"$STOCKROOM_TEST_BIN/stockroom-man" >"$page"
cmp "$page" "$STOCKROOM_TEST_BIN/../man/stockroom-commands.7" || fail "the build has made another page"
sed 's/\\-/-/g' "$page" >"$work/plain"
count=0
while IFS= read -r name; do
    grep -qE "^\.SS \"${name}[ \"]" "$work/plain" || fail "$name is not in the page"
    awk -v name="$name" '/^\.SS / { here = index($0, ".SS \"" name " ") == 1 || $0 == ".SS \"" name "\"" }
        here && example && (index($0, name " ") == 1 || $0 == name) { found = 1 }
        /^\.nf/ { example = 1 } /^\.fi/ { example = 0 } END { exit !found }' "$work/plain" ||
        fail "$name has no example in the page"
    count=$((count + 1))
done < <(sed -n 's/^    \.name = "\(.*\)",$/\1/p' server/core/commands/*.c)
((count == $(grep -c '^    &command_' server/core/command_table.c))) || fail "$count commands have names, the table has others"
[[ $count == "$(grep -c '^\.SS ' "$page")" ]] || fail "the page has other commands than the sources"
if command -v groff >/dev/null; then
    complaints=$(groff -man -Tutf8 -wall -z "$page" 2>&1)
    [[ -z $complaints ]] || fail "groff: $complaints"
fi
echo ok
