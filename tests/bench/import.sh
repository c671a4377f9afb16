#!/bin/bash
# How long an import of many products takes, into an empty catalogue and again with nothing to change; and an export.
# Usage: [ROWS=1000000] tests/bench/import.sh, with what tests/lib/server.sh needs.
# shellcheck source=tests/lib/server.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../lib/server.sh"
server_start
input=$TEST_DIR/products.csv
python3 - "$input" "${ROWS:-1000000}" <<'PY'
import sys
with open(sys.argv[1], "w") as file:
    file.write("sku,name,category,unit,price,barcodes\n")
    for i in range(int(sys.argv[2])):
        file.write("M-%07d,Product number %d,Group %d,each,%d.99,8%09d\n" % (i, i, i % 50, i % 100, i))
PY
export TSSH_SECONDS=900
for round in new same; do
    started=$(date +%s%N)
    tssh admin 'import products' <"$input"
    assert_status 0
    printf '%s: %s: %d ms\n' "$round" "$OUT" "$((($(date +%s%N) - started) / 1000000))"
done
started=$(date +%s%N)
tssh admin 'export products' >/dev/null
assert_status 0
printf 'export: %d rows: %d ms\n' "$(($(wc -l <"$OUT_FILE") - 1))" "$((($(date +%s%N) - started) / 1000000))"
test_done
