#!/usr/bin/env bash
# Who changes the catalogue makes the cache void: catalogue.sh SOURCE_DIR. A command that begins a change of it
# has `.catalogue = true`.
set -euo pipefail
cd "$1/server/core/commands"

status=0
found=0
while read -r file; do
    grep -q '^const struct command ' "$file" || continue
    found=$((found + 1))
    if ! grep -q '\.catalogue = true' "$file"; then
        printf '%s changes the catalogue without .catalogue = true\n' "$file" >&2
        status=1
    fi
done < <(grep -lE '(catalogue|stocking)_begin\(' ./*.c)
((found > 0)) || { echo 'no command changes the catalogue?' >&2; status=1; }
exit $status
