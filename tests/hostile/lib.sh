# shellcheck shell=bash
# For the tests of hostile clients: a server with a store, products and users, and the scripts' way to it. Sourced first:
#
#     . "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"
#     hostile_start '[limits]' 'login_grace_seconds = 3'     # lines for stockroom.ini
#     hostile_run channels.py                                 # each scenario of the script, and that the server outlived it
#     test_done
# shellcheck source=tests/lib/server.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../lib/server.sh"
HOSTILE_ROOM=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)

# A python with Debian's python3-cryptography: on a developer's machine the first one may be another.
hostile_python() {
    local python
    for python in python3 /usr/bin/python3; do
        if "$python" -c 'import cryptography' 2>/dev/null; then
            printf '%s' "$python"
            return
        fi
    done
    fail "no python3 has the package cryptography: install python3-cryptography"
}

hostile_is_sanitized() { # grep reads to the end, lest nm be told that its pipe broke
    [[ $(nm "$STOCKROOM_TEST_BIN/stockroomd" | grep -cE '__(a|t)san_init') != 0 ]]
}

# Nobody is slowed for what these tests ask of each server; how users are throttled is another test's.
HOSTILE_SETTINGS=('[passwords]' 'failure_floor_ms = 20' 'failure_jitter_ms = 10'
    '[throttle]' 'staff_read = none' 'staff_write = none' 'staff_scan = none' 'staff_login = none' 'admin_scan = none')

# What was freed is filled with noise: who uses it again does not get away with it, sanitized or not.
export MALLOC_PERTURB_=187

# ann and ben are staff of S001, where A-1 to A-20 are in stock.
hostile_start() { # [LINE OF stockroom.ini]…
    server_start "${HOSTILE_SETTINGS[@]}" "$@"
    tssh admin batch < <(
        echo 'store add S001 --name "Main Street"'
        for i in {1..20}; do
            echo "product add A-$i --name 'Lamp number $i' --price 9.99"
            echo "stock-in A-$i 100000 --store S001"
        done
    )
    assert_status 0
    new_user ann '--role staff --store S001'
    new_user ben '--role staff --store S001'
}

# The script's own output is the test's; its end says how many scenarios went well.
hostile_run() { # SCRIPT [ARGUMENT…]
    local script=$1 sanitized=0
    shift
    if hostile_is_sanitized; then sanitized=1; fi
    capture env HOSTILE_PORT="$SERVER_PORT" HOSTILE_FRONT="$SERVER_PID" HOSTILE_DIR="$SERVER_DIR" \
        HOSTILE_SANITIZED="$sanitized" PYTHONDONTWRITEBYTECODE=1 PYTHONWARNINGS=ignore "$(hostile_python)" "$HOSTILE_ROOM/$script" "$@"
    printf '%s\n' "$OUT" "$ERR"
    assert_status 0
    ASSERTIONS=$((ASSERTIONS + $(grep -c '^ok ' "$OUT_FILE")))
    assert_lacks "$(cat "$SERVER_DIR/server.log")" 'Sanitizer'
    assert_lacks "$(cat "$SERVER_DIR/server.log")" 'runtime error'
    assert_ledger_is_sound
}
