# shellcheck shell=bash
# For tests that need a real server: starts one on a free port with a database of its own in the run's PostgreSQL, talks
# to it by the machine's ssh, and asserts. Sourced first by a test script:
#
#     . "$(dirname -- "${BASH_SOURCE[0]}")/../lib/server.sh"
#     server_start                      # optional lines for stockroom.ini: server_start '[limits]' 'sessions = 5'
#     tssh admin 'product add A-1 --name "Lamp"'        # sets STATUS; output in $OUT and $ERR (files: OUT_FILE, ERR_FILE)
#     assert_status 0
#     test_done                         # prints "ok" and the number of assertions; without any the test fails
#
# Needs STOCKROOM_TEST_DSN (tests/run.sh) and STOCKROOM_TEST_BIN (ctest): the programs' directory. Everything is under
# TEST_DIR and goes when the script ends, also when an assertion fails. Keep no state between tests.
set -euo pipefail

# shellcheck source=tests/lib/postgres.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/postgres.sh"

: "${STOCKROOM_TEST_DSN:?is not set: run this by tests/run.sh}"
: "${STOCKROOM_TEST_BIN:?is not set: the directory with the programs, e.g. build/dev/bin}"

TEST_DIR=$(mktemp -d /tmp/stockroom-test.XXXXXX)
OUT_FILE=$TEST_DIR/out
ERR_FILE=$TEST_DIR/err
SERVER_DIR=''  # its configuration, keys, log: server.log
SERVER_PORT=''
SERVER_PID=''
SERVER_DATABASE=''
SERVER_DSN=''      # the database's owner
SERVER_APP_ROLE='' # the role the server has, and
SERVER_APP_DSN=''  # its connection string
STATUS=0 OUT='' ERR=''
ASSERTIONS=0
TEST_WAIT_SECONDS=${TEST_WAIT_SECONDS:-60} # for conditions: generous, a busy machine is no failure

# ---- The end --------------------------------------------------------------------------------------------------------

test_clean_up() {
    local status=$?
    trap - EXIT
    if ((status != 0)); then
        [[ -z $SERVER_DIR ]] || show_tail "$SERVER_DIR/server.log"
    fi
    server_stop TERM >/dev/null 2>&1 || true
    on_other server_stop TERM >/dev/null 2>&1 || true
    server_drop_database >/dev/null 2>&1 || true
    if [[ -n ${TEST_AT_END:-} ]]; then # what the test itself has to end, whatever became of it
        "$TEST_AT_END" >/dev/null 2>&1 || true
    fi
    rm -rf -- "$TEST_DIR"
    exit "$status"
}
trap test_clean_up EXIT
trap 'exit 130' INT TERM

test_done() {
    ((ASSERTIONS > 0)) || fail "no assertion was made"
    printf 'ok: %d assertions\n' "$ASSERTIONS"
}

# ---- The server -----------------------------------------------------------------------------------------------------

free_port() {
    python3 -c 'import socket
s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

sql() { # SQL — as the database's superuser; rows on stdout, columns separated by |
    psql -X -q -A -t -v ON_ERROR_STOP=1 -c "$1" "$SERVER_DSN"
}

server_create_database() {
    local password
    SERVER_DATABASE=t_$$_$(od -An -N4 -tx4 /dev/urandom | tr -d ' ')
    SERVER_APP_ROLE=${SERVER_DATABASE}_app
    password=$(random_password)
    SERVER_DSN="$STOCKROOM_TEST_DSN dbname=$SERVER_DATABASE"
    SERVER_APP_DSN="$SERVER_DSN user=$SERVER_APP_ROLE password=$password"
    psql -X -q -v ON_ERROR_STOP=1 "$STOCKROOM_TEST_DSN" >/dev/null <<END
CREATE DATABASE $SERVER_DATABASE;
CREATE ROLE $SERVER_APP_ROLE LOGIN PASSWORD '$password';
END
}

server_drop_database() {
    if [[ -n $SERVER_DATABASE ]]; then
        psql -X -q "$STOCKROOM_TEST_DSN" >/dev/null <<END
DROP DATABASE IF EXISTS $SERVER_DATABASE WITH (FORCE);
DROP ROLE IF EXISTS $SERVER_APP_ROLE;
END
        SERVER_DATABASE=''
    fi
}

# Files of a server in TEST_DIR/NAME; more lines for stockroom.ini may follow, sections included.
server_configure() { # NAME [LINE…]
    SERVER_DIR=$TEST_DIR/$1
    shift
    mkdir -p "$SERVER_DIR/keys"
    chmod 0700 "$SERVER_DIR/keys"
    printf '%s\n' "$SERVER_APP_DSN" | write_secret "$SERVER_DIR/dsn-server"
    printf '%s\n' "$SERVER_DSN" | write_secret "$SERVER_DIR/dsn"
    [[ -f $SERVER_DIR/host_key ]] || ssh-keygen -q -t ed25519 -N '' -C test -f "$SERVER_DIR/host_key" </dev/null
    printf 'stockroom %s\n' "$(cut -d ' ' -f 1,2 "$SERVER_DIR/host_key.pub")" >"$SERVER_DIR/known_hosts"
    SERVER_EXTRA=("$@")
}

# [section] lines of the caller are merged with ours: a key given there replaces ours, a section may come twice.
server_write_configuration() {
    printf '%s\n' '[server]' "listen = 127.0.0.1:$SERVER_PORT" 'host_keys = host_key' 'log = -' 'log_level = debug' \
        '[database]' 'dsn_file = dsn-server' 'owner_dsn_file = dsn' 'workers = 2' \
        '[limits]' 'unauthenticated_per_source = 100' \
        '[throttle]' 'admin_login = none' 'owner_login = none' 'staff_login = none' \
        '[passwords]' 'memory_kib = 8192' 'passes = 1' '[tokens]' 'key = token_key' \
        '[penalties]' 'exempt = 127.0.0.1 ::1' "${SERVER_EXTRA[@]}" |
        awk '/^\[/ { section = $0; if (!(section in seen)) { seen[section] = ++sections; names[sections] = section } next }
            NF { key = $1; id = section SUBSEP key
                 if (!(id in value)) { order[section, ++count[section]] = key }
                 value[id] = $0 }
            END { for (s = 1; s <= sections; s++) { print names[s]
                    for (k = 1; k <= count[names[s]]; k++) print value[names[s], order[names[s], k]] } }' \
            >"$SERVER_DIR/stockroom.ini"
    cat >"$SERVER_DIR/ssh_config" <<END
Host stockroom
    HostName 127.0.0.1
    Port $SERVER_PORT
    HostKeyAlias stockroom
    UserKnownHostsFile $SERVER_DIR/known_hosts
    GlobalKnownHostsFile none
    StrictHostKeyChecking yes
    CheckHostIP no
    UpdateHostKeys no
    IdentityFile $SERVER_DIR/keys/%r
    IdentitiesOnly yes
    IdentityAgent none
    PreferredAuthentications publickey
    ConnectTimeout 30
    LogLevel ERROR
END
}

# A fresh database, migrated, with the user admin, who has a key and the password of server_password; then the server.
server_start() { # [LINE OF stockroom.ini]…
    server_create_database
    server_configure "server-$SERVER_DATABASE" "$@"
    SERVER_PORT=$(free_port)
    server_write_configuration
    server_run migrate >"$SERVER_DIR/migrate.log" 2>&1 || { show_tail "$SERVER_DIR/migrate.log"; fail "migrate failed"; }
    psql -X -q -v ON_ERROR_STOP=1 -c "GRANT stockroom_server TO $SERVER_APP_ROLE" "$SERVER_DSN"
    server_password admin | server_run user-add admin --role admin >"$SERVER_DIR/user-add.log" 2>&1 ||
        { show_tail "$SERVER_DIR/user-add.log"; fail "user-add failed"; }
    server_launch
    new_key admin
}

# One more server on the same database, with the same users' keys. on_other COMMAND… talks to it: on_other tssh ann whoami.
OTHER_DIR='' OTHER_PORT='' OTHER_PID=''
server_start_other() { # [LINE OF stockroom.ini]…
    local SERVER_PID='' SERVER_EXTRA=() first=$SERVER_DIR
    local SERVER_DIR SERVER_PORT
    SERVER_PORT=$(free_port)
    server_configure "other-$SERVER_DATABASE" "$@"
    rmdir "$SERVER_DIR/keys"
    ln -s "$first/keys" "$SERVER_DIR/keys"
    server_launch
    OTHER_DIR=$SERVER_DIR OTHER_PORT=$SERVER_PORT OTHER_PID=$SERVER_PID
}

on_other() { # COMMAND…
    local SERVER_DIR=$OTHER_DIR SERVER_PORT=$OTHER_PORT SERVER_PID=$OTHER_PID
    "$@"
}

server_run() { # SUBCOMMAND [ARGUMENT…] — of stockroomd, with the server's configuration
    local subcommand=$1
    shift
    (cd "$SERVER_DIR" && exec "$STOCKROOM_TEST_BIN/stockroomd" "$subcommand" -c stockroom.ini "$@")
}

# Start the configured server (again); returns when it takes logins. A port that someone took meanwhile is changed.
server_launch() {
    local attempt
    for attempt in 1 2 3; do
        server_write_configuration
        (
            cd "$SERVER_DIR"
            exec "$STOCKROOM_TEST_BIN/stockroomd" serve -c stockroom.ini </dev/null >>server.log 2>&1
        ) &
        SERVER_PID=$!
        if wait_until "$TEST_WAIT_SECONDS" server_listens_or_died && server_is_up; then
            return
        fi
        server_stop TERM
        SERVER_PORT=$(free_port)
    done
    fail "the server did not start ($attempt attempts)"
}

server_is_up() {
    [[ -n $SERVER_PID ]] && process_start_time "$SERVER_PID" >/dev/null
}

# The server accepts connections only once core is ready: its banner says so.
server_listens_or_died() {
    local banner=''
    server_is_up || return 0
    { exec 3<>"/dev/tcp/127.0.0.1/$SERVER_PORT"; } 2>/dev/null || return 1
    IFS= read -r -t 5 -u 3 banner || true
    exec 3>&-
    [[ $banner == SSH-2.0-* ]]
}

# End it as an administrator would; returns when it has gone. STATUS is its exit status.
server_stop() { # SIGNAL
    STATUS=0
    if [[ -n $SERVER_PID ]]; then
        kill "-$1" "$SERVER_PID" 2>/dev/null || true
        wait "$SERVER_PID" || STATUS=$?
        SERVER_PID=''
    fi
}

server_password() { # USER — what the users that these functions make have
    printf 'password-of-%s\n' "$1"
}

# ---- Talking to it --------------------------------------------------------------------------------------------------

# Run a command as a user by key; stdin is the caller's. Sets STATUS, OUT, ERR; never fails itself.
tssh() { # USER COMMAND…
    local user=$1
    shift
    capture timeout "${TSSH_SECONDS:-120}" ssh -F "$SERVER_DIR/ssh_config" -o BatchMode=yes "$user@stockroom" "$@"
}

# The same by password, whatever keys there are.
tssh_password() { # USER PASSWORD COMMAND…
    local user=$1 password=$2
    shift 2
    capture env STOCKROOM_ASKPASS_PASSWORD="$password" SSH_ASKPASS="$STOCKROOM_ROOT/packaging/askpass.sh" \
        SSH_ASKPASS_REQUIRE=force timeout "${TSSH_SECONDS:-120}" ssh -F "$SERVER_DIR/ssh_config" \
        -o PreferredAuthentications=password -o PubkeyAuthentication=no -o NumberOfPasswordPrompts=1 \
        "$user@stockroom" "$@"
}

# Any program. OUT and ERR hold the whole output without the last line ends; for NULs look into OUT_FILE, ERR_FILE.
capture() { # COMMAND…
    STATUS=0
    "$@" >"$OUT_FILE" 2>"$ERR_FILE" || STATUS=$?
    OUT=$(tr -d '\0' <"$OUT_FILE")
    ERR=$(tr -d '\0' <"$ERR_FILE")
}

# Give a user a new key, in SERVER_DIR/keys/USER; the user must exist, with the password of server_password.
new_key() { # USER [ssh-keygen's arguments]
    local user=$1
    shift
    if (($# == 0)); then
        set -- -t ed25519
    fi
    rm -f "$SERVER_DIR/keys/$user" "$SERVER_DIR/keys/$user.pub"
    ssh-keygen -q -N '' -C "$user@test" -f "$SERVER_DIR/keys/$user" "$@" </dev/null
    tssh_password "$user" "$(server_password "$user")" key add <"$SERVER_DIR/keys/$user.pub"
    ((STATUS == 0)) || fail "key add for $user: $ERR"
}

# Make a user with a password and a key: as everybody has it, by choosing another password than the one that came along.
new_user() { # NAME OPTIONS, as in: new_user ann '--role staff --store S001'
    local name=$1
    shift
    first_password "$name" "$@"
    tssh_password "$name" "$(first_password_of "$name")" passwd < <(server_password "$name")
    ((STATUS == 0)) || fail "the first passwd of $name: $ERR"
    new_key "$name"
}

# Make a user who still has to choose a password of the own.
first_password() { # NAME OPTIONS
    local name=$1
    shift
    tssh admin "user add $name $* --password-stdin" < <(first_password_of "$name")
    ((STATUS == 0)) || fail "user add $name: $ERR"
}

first_password_of() { # USER
    printf 'first-password-of-%s\n' "$1"
}

# Run a command that must succeed; for making a test's ground.
must() { # USER COMMAND…
    tssh "$@"
    ((STATUS == 0)) || fail "$*: exit status $STATUS: $ERR $OUT"
}

# ---- Assertions -----------------------------------------------------------------------------------------------------

fail() {
    printf 'FAILED in %s line %s: %s\n' "${0##*/}" "$(fail_line)" "$*" >&2
    exit 1
}

# The line of the test script itself.
fail_line() {
    local i
    for ((i = ${#BASH_SOURCE[@]} - 1; i > 0; i--)); do
        if [[ ${BASH_SOURCE[i]} == "$0" ]]; then
            printf '%s' "${BASH_LINENO[i - 1]}"
            return
        fi
    done
}

assert_status() { # EXPECTED
    ASSERTIONS=$((ASSERTIONS + 1))
    [[ $STATUS == "$1" ]] || fail "exit status $STATUS instead of $1; stdout: $OUT; stderr: $ERR"
}

assert_equal() { # EXPECTED ACTUAL [WHAT]
    ASSERTIONS=$((ASSERTIONS + 1))
    [[ $1 == "$2" ]] || fail "${3:-value}: '$2' instead of '$1'"
}

assert_contains() { # TEXT PART
    ASSERTIONS=$((ASSERTIONS + 1))
    [[ $1 == *"$2"* ]] || fail "'$2' is not in: $1"
}

assert_lacks() { # TEXT PART
    ASSERTIONS=$((ASSERTIONS + 1))
    [[ $1 != *"$2"* ]] || fail "'$2' is in: $1"
}

assert_matches() { # TEXT REGEX
    ASSERTIONS=$((ASSERTIONS + 1))
    [[ $1 =~ $2 ]] || fail "'$2' does not match: $1"
}

# stdout is JSON Lines, and a Python expression over `rows` (their list) and `row` (the first) is true.
# Numbers with decimals come as Decimal, so that nothing is rounded.
assert_json() { # EXPRESSION
    local message
    ASSERTIONS=$((ASSERTIONS + 1))
    message=$(python3 - "$OUT_FILE" "$1" 2>&1 <<'PY'
import json, sys
from decimal import Decimal
with open(sys.argv[1], encoding="utf-8") as file:
    rows = [json.loads(line, parse_float=Decimal) for line in file]
row = rows[0] if rows else None
if not eval(sys.argv[2], {"Decimal": Decimal}, {**globals()}):
    sys.exit("not true")
PY
    ) || fail "assert_json $1: $message; stdout: $OUT; stderr: $ERR"
}

# Wait for a condition, or fail.
assert_until() { # COMMAND…
    ASSERTIONS=$((ASSERTIONS + 1))
    wait_until "$TEST_WAIT_SECONDS" "$@" || fail "did not come true within $TEST_WAIT_SECONDS s: $*"
}

# Every balance is the sum of its movements and follows from the one before; sequences have no gap.
assert_ledger_is_sound() {
    ASSERTIONS=$((ASSERTIONS + 1))
    local faults
    faults=$(sql "
        SELECT 'inventory differs: ' || count(*) FROM inventory i
            FULL JOIN (SELECT store_id, product_id, sum(quantity) AS total FROM stock_movements GROUP BY 1, 2) m
                USING (store_id, product_id)
            WHERE coalesce(i.quantity, 0) <> coalesce(m.total, 0) HAVING count(*) > 0
        UNION ALL
        SELECT 'balances do not follow: ' || count(*) FROM (
            SELECT balance, sum(quantity) OVER (PARTITION BY store_id, product_id ORDER BY seq) AS running
            FROM stock_movements) r WHERE balance <> running HAVING count(*) > 0
        UNION ALL
        SELECT 'sequence has gaps: store ' || store_id FROM stock_movements
            GROUP BY store_id HAVING min(seq) <> 1 OR max(seq) <> count(*)
        UNION ALL
        SELECT 'head is wrong: store ' || l.store_id FROM store_ledger l
            WHERE last_seq <> coalesce((SELECT max(seq) FROM stock_movements m WHERE m.store_id = l.store_id), 0)")
    [[ -z $faults ]] || fail "the ledger is not sound: $faults"
}
