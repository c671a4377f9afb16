#!/usr/bin/env bash
# The libraries that each program links: links.sh STOCKROOMD CORE TUI
set -euo pipefail

status=0

# must PROGRAM LIBRARY / must_not PROGRAM LIBRARY
links() { readelf -d "$1" | grep -q "NEEDED.*\[$2\."; }
must() {
    links "$1" "$2" || { echo "$1 does not link $2: is this check still right?" >&2; status=1; }
}
must_not() {
    if links "$1" "$2"; then
        echo "$1 links $2" >&2
        status=1
    fi
}

front=$1 core=$2 tui=$3
must "$front" libssh
for library in libpq libuv libjwt libcrypto libncursesw libjansson; do must_not "$front" "$library"; done
must "$core" libpq
must "$core" libjwt
for library in libssh libncursesw libjansson; do must_not "$core" "$library"; done
must "$tui" libncursesw
for library in libssh libpq libuv libsodium libjwt libcrypto; do must_not "$tui" "$library"; done
exit "$status"
