# shellcheck shell=bash
# One private PostgreSQL for a run of tests. Sourced by tests/run.sh (and by tests that kill a database of their own).
# Makes a directory under /tmp and a database cluster in it; pg_test_stop removes both.

# shellcheck source=packaging/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../../packaging/lib.sh"

# Start a cluster and export STOCKROOM_TEST_DSN, its superuser's connection string. Settings as NAME=VALUE words.
# Nothing has to survive a power cut, so that it need not wait for the disk; crashes of PostgreSQL itself lose nothing.
pg_test_start() { # [NAME=VALUE…]
    local password
    PG_TEST_BASE=$(as_postgres mktemp -d /tmp/stockroom-test-pg.XXXXXX)
    password=$(random_password)
    as_postgres chmod 0711 "$PG_TEST_BASE"
    if ! pg_create "$PG_TEST_BASE" "$password" >"/tmp/stockroom-initdb.$$" 2>&1; then
        show_tail "/tmp/stockroom-initdb.$$"
        rm -f "/tmp/stockroom-initdb.$$"
        die "initdb failed"
    fi
    rm -f "/tmp/stockroom-initdb.$$"
    pg_test_restart "$@"
    STOCKROOM_TEST_DSN="host=$PG_TEST_BASE port=5432 user=postgres password=$password dbname=postgres"
    export STOCKROOM_TEST_DSN PG_TEST_BASE
}

# Start it again, after pg_test_kill or pg_stop.
pg_test_restart() { # [NAME=VALUE…]
    pg_start "$PG_TEST_BASE" "$PG_TEST_BASE" fsync=off synchronous_commit=on full_page_writes=off max_wal_size=2GB \
        max_connections=300 "$@" 9>&- || {
        as_postgres tail -n 20 "$PG_TEST_BASE/postgresql.log" >&2 || true
        die "the private PostgreSQL did not start"
    }
}

# As when the machine's memory killer strikes: no checkpoint, no goodbye. Returns when every process has gone. The lock
# file is removed, as an administrator would after a look: a postmaster that nobody reaps (no init in a container) would
# otherwise seem to be alive.
pg_test_kill() {
    local pid children
    pid=$(as_postgres head -n 1 "$PG_TEST_BASE/data/postmaster.pid")
    children=$(pgrep -P "$pid")
    as_postgres "$(pg_bin pg_ctl)" kill KILL "$pid"
    # shellcheck disable=SC2086 # a list of numbers; they end when they see that their parent has gone
    wait_until 30 pg_test_has_gone "$pid" $children
    as_postgres rm -f -- "$PG_TEST_BASE/data/postmaster.pid" "$PG_TEST_BASE/.s.PGSQL.5432.lock"
}

pg_test_has_gone() { # PID…
    local pid
    for pid in "$@"; do
        ! process_runs "$pid" || return 1
    done
}

process_runs() { # PID: there, and no zombie
    local stat
    # Not by the shell's own $(<…): it gives up altogether when the process ends while it reads.
    stat=$(cat "/proc/$1/stat" 2>/dev/null) && [[ ${stat##*) } != Z* ]]
}

pg_test_stop() {
    if [[ -n ${PG_TEST_BASE:-} && -d $PG_TEST_BASE ]]; then
        as_postgres "$(pg_bin pg_ctl)" -D "$PG_TEST_BASE/data" -m immediate -w -s stop </dev/null >/dev/null 2>&1 || true
        as_postgres rm -rf -- "$PG_TEST_BASE"
    fi
    PG_TEST_BASE=''
}
