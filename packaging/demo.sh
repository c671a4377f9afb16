#!/bin/bash
# Stockroom on this machine, for trying it out: builds it, gives it a private PostgreSQL and demo data, and starts it on
# 127.0.0.1. Everything it makes is in one directory (.demo/ in the repository unless --dir says otherwise), except,
# when root runs it where the database's system user cannot go, the database's files: DIR/state says where they are.
set -euo pipefail
# shellcheck source=packaging/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

EXIT_STOPPED=3 # as LSB says
PORT_DEFAULT=2222
START_SECONDS=60
STOP_SECONDS=30
DEMO_USERS='admin owner1 owner2 staff1 staff3'

dir=$STOCKROOM_ROOT/.demo
port=''
empty=false
command=foreground

usage() {
    cat <<'TEXT'
usage: packaging/demo.sh [--dir DIR] [--port N] [--empty]
           builds, starts, loads demo data, runs a batch over ssh, and on a terminal opens the screens
       packaging/demo.sh start [--dir DIR] [--port N] [--empty]
           the same in the background: returns when logins work
       packaging/demo.sh stop [--dir DIR]       stops the server and its database; the data stays
       packaging/demo.sh status [--dir DIR]     exit status 0: running, 3: stopped
       packaging/demo.sh remove [--dir DIR]     stops both and deletes what start has made, data included

  --dir DIR   where everything is kept (.demo in the repository)
  --port N    the port on 127.0.0.1 (2222)
  --empty     no demo data: only the user admin

STOCKROOM_BIN=DIRECTORY takes the programs from there instead of building them.
TEXT
}

parse_arguments() {
    while (($# > 0)); do
        case $1 in
        start | stop | status | remove) command=$1 ;;
        --dir) (($# > 1)) || die "--dir needs a directory"; dir=$2; shift ;;
        --dir=*) dir=${1#--dir=} ;;
        --port) (($# > 1)) || die "--port needs a number"; port=$2; shift ;;
        --port=*) port=${1#--port=} ;;
        --empty) empty=true ;;
        -h | --help) usage; exit 0 ;;
        *) usage >&2; die "unknown argument: $1" ;;
        esac
        shift
    done
    if [[ -n $port ]] && ! [[ $port =~ ^[0-9]{1,5}$ && $((10#$port)) -ge 1 && $((10#$port)) -le 65535 ]]; then
        die "--port is a number from 1 to 65535, not '$port'"
    fi
    if [[ $dir == *[[:cntrl:]\"\\\$]* || -z $dir ]]; then
        die "--dir: the path must not hold quotes, backslashes, dollar signs or control characters"
    fi
}

# ---- What is remembered from one run to the next: KEY=VALUE lines in DIR/state --------------------------------------

state_get() { # KEY
    [[ -f $dir/state ]] || return 0
    sed -n "s/^$1=//p" "$dir/state" | tail -n 1
}

state_set() { # KEY VALUE
    { [[ ! -f $dir/state ]] || grep -v "^$1=" "$dir/state" || true; printf '%s=%s\n' "$1" "$2"; } >"$dir/state.new"
    mv -f -- "$dir/state.new" "$dir/state"
}

# ---- Programs -------------------------------------------------------------------------------------------------------

build() {
    if [[ -n ${STOCKROOM_BIN:-} ]]; then
        [[ -x $STOCKROOM_BIN/stockroomd ]] || die "no stockroomd in $STOCKROOM_BIN"
        bin=$(cd -- "$STOCKROOM_BIN" && pwd -P)
        return
    fi
    bin=$STOCKROOM_ROOT/build/release/bin
    say "Building (build/release)…"
    cmake_build release "$dir/build.log" --preset release -DBUILD_TESTING=OFF
}

# ---- The database ---------------------------------------------------------------------------------------------------

# The directory of the cluster, for PostgreSQL's user; also reachable for the server's. In DIR when they can go there.
database_place() {
    pg_base=$(state_get pg_base)
    if [[ -n $pg_base && -f $pg_base/data/PG_VERSION ]]; then
        return
    fi
    if ! is_root; then
        pg_base=$dir/postgres
        mkdir -p -- "$pg_base"
    else
        pg_base=$dir/postgres
        install -d -m 0711 -o postgres -g postgres -- "$pg_base"
        if ! as_postgres test -w "$pg_base" || ! (cd / && runuser -u stockroom -- test -x "$pg_base"); then
            rmdir -- "$pg_base"
            pg_base=$(mktemp -d /var/lib/stockroom-demo.XXXXXX)
            chown postgres:postgres "$pg_base"
            chmod 0711 "$pg_base"
        fi
    fi
    state_set pg_base "$pg_base"
}

# The socket's directory: in the cluster's unless its path is too long for a socket or needs quoting.
database_socket() {
    pg_socket=$(state_get pg_socket)
    if [[ -n $pg_socket && -d $pg_socket ]]; then
        return
    fi
    pg_socket=$pg_base/socket
    if ((${#pg_socket} > 80)) || [[ ! $pg_socket =~ ^[A-Za-z0-9/._-]+$ ]]; then
        pg_socket=$(as_postgres mktemp -d /tmp/stockroom-demo.XXXXXX)
        as_postgres chmod 0711 "$pg_socket"
    else
        as_postgres mkdir -p -- "$pg_socket"
        as_postgres chmod 0711 -- "$pg_socket"
    fi
    state_set pg_socket "$pg_socket"
}

dsn_of() { # ROLE PASSWORD DATABASE
    printf "host=%s port=5432 dbname=%s user=%s password=%s\n" "$pg_socket" "$3" "$1" "$2"
}

password_in() { # FILE
    sed -n 's/.* password=\([A-Za-z0-9]*\)$/\1/p' "$1" 2>/dev/null || true
}

# The three connection strings: the superuser's, the owner's, the server's. Passwords stay; the socket may move.
database_write_dsns() {
    local file role database password
    # Whoever reads these may do anything: 0600, as write_secret makes them.
    while read -r file role database; do
        password=$(password_in "$dir/$file")
        dsn_of "$role" "${password:-$(random_password)}" "$database" | write_secret "$dir/$file"
    done <<'END'
dsn-superuser postgres postgres
dsn stockroom_owner stockroom
dsn-server stockroom_app stockroom
END
}

sql_super() { # SQL on stdin; one value on stdout
    PGCONNECT_TIMEOUT=10 "$(pg_bin psql)" -X -q -A -t -v ON_ERROR_STOP=1 "$(<"$dir/dsn-superuser")"
}

# Roles and database; each only when it is not there.
database_bootstrap() {
    local owner_password app_password
    owner_password=$(password_in "$dir/dsn")
    app_password=$(password_in "$dir/dsn-server")
    sql_super >>"$dir/setup.log" 2>&1 <<END || { show_tail "$dir/setup.log"; die "the database's roles could not be made"; }
SELECT 'CREATE ROLE stockroom_server NOLOGIN' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'stockroom_server') \gexec
SELECT 'CREATE ROLE stockroom_owner LOGIN CREATEROLE' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'stockroom_owner') \gexec
SELECT 'CREATE ROLE stockroom_app LOGIN' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'stockroom_app') \gexec
ALTER ROLE stockroom_owner PASSWORD '$owner_password';
ALTER ROLE stockroom_app PASSWORD '$app_password';
GRANT stockroom_server TO stockroom_app;
SELECT 'CREATE DATABASE stockroom OWNER stockroom_owner' WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'stockroom') \gexec
END
}

database_start() {
    database_place
    database_socket
    database_write_dsns
    if [[ ! -f $pg_base/data/PG_VERSION ]]; then
        say "Making a private PostgreSQL in $pg_base…"
        pg_create "$pg_base" "$(password_in "$dir/dsn-superuser")" >>"$dir/setup.log" 2>&1 || {
            show_tail "$dir/setup.log"
            die "initdb failed"
        }
    fi
    if ! pg_is_running "$pg_base"; then
        say "Starting PostgreSQL…"
        # The lock must not live on in the database.
        pg_start "$pg_base" "$pg_socket" 9>&- >>"$dir/setup.log" 2>&1 || {
            show_tail "$dir/setup.log"
            as_postgres tail -n 20 "$pg_base/postgresql.log" >&2 || true
            die "PostgreSQL did not start"
        }
    fi
    database_bootstrap
}

# ---- The server -----------------------------------------------------------------------------------------------------

# Paths are relative to DIR, where the server is started: so they need no quoting.
server_configure() {
    local type
    for type in ed25519 ecdsa; do
        if [[ ! -f $dir/ssh_host_${type}_key ]]; then
            ssh-keygen -q -t "$type" -N '' -C stockroom-demo -f "$dir/ssh_host_${type}_key" </dev/null
        fi
    done
    for type in ed25519 ecdsa; do
        printf 'stockroom %s\n' "$(cut -d ' ' -f 1,2 "$dir/ssh_host_${type}_key.pub")"
    done >"$dir/known_hosts"
    cat >"$dir/stockroom.ini" <<END
# Written by packaging/demo.sh at every start. Paths are relative to this directory.
[server]
listen = 127.0.0.1:$port
host_keys = ssh_host_ed25519_key ssh_host_ecdsa_key
log = -

[limits]
# Everybody is on this machine.
unauthenticated_per_source = 100

[database]
dsn_file = dsn-server
owner_dsn_file = dsn

[tokens]
key = token_key
END
}

# One identity file for each user: %r is the name that ssh logs in with.
client_configure() {
    local path=${dir//%/%%}
    mkdir -p -- "$dir/keys"
    chmod 0700 -- "$dir/keys"
    cat >"$dir/ssh_config" <<END
# Written by packaging/demo.sh at every start: ssh -F FILE staff1@stockroom
Host stockroom
    HostName 127.0.0.1
    Port $port
    HostKeyAlias stockroom
    UserKnownHostsFile "$path/known_hosts"
    GlobalKnownHostsFile none
    StrictHostKeyChecking yes
    CheckHostIP no
    UpdateHostKeys no
    IdentityFile "$path/keys/%r"
    IdentitiesOnly yes
    IdentityAgent none
    PreferredAuthentications publickey,password
    ForwardAgent no
    ForwardX11 no
    ControlMaster no
    ControlPath none
    ConnectTimeout 20
    ServerAliveInterval 30
    LogLevel ERROR
END
}

server_is_running() {
    server_pid=''
    [[ -f $dir/stockroomd.pid ]] || return 1
    server_pid=$(<"$dir/stockroomd.pid")
    local began
    [[ $server_pid =~ ^[0-9]+$ ]] && began=$(process_start_time "$server_pid") &&
        [[ $began == "$(state_get server_start)" ]]
}

server_failed() { # WHAT
    show_tail "$dir/server.log"
    die "$1"
}

migrate() {
    (cd "$dir" && "$bin/stockroomd" migrate -c stockroom.ini) >>"$dir/setup.log" 2>&1 || {
        show_tail "$dir/setup.log"
        die "the migration of the database failed"
    }
}

server_start() {
    if server_is_running; then
        say "The server runs already (process $server_pid)."
        return
    fi
    if port_is_taken "$port"; then
        die "port $port on 127.0.0.1 is taken by another program: choose one with --port N"
    fi
    say "Starting the server on 127.0.0.1:$port…"
    (
        cd "$dir"
        exec setsid nohup "$bin/stockroomd" serve -c stockroom.ini </dev/null >>server.log 2>&1 9>&-
    ) &
    server_pid=$!
    printf '%s\n' "$server_pid" >"$dir/stockroomd.pid"
    state_set server_start "$(process_start_time "$server_pid" || true)"
    state_set server_port "$port"
    wait_until "$START_SECONDS" server_answers_or_died || server_failed "the server did not take logins within $START_SECONDS s"
    server_is_running || server_failed "the server ended as it started"
}

server_answers_or_died() {
    ! server_is_running || demo_ssh admin whoami
}

# ---- Talking to it --------------------------------------------------------------------------------------------------

demo_ssh() { # USER COMMAND… — by the user's key, or while there is none in the database, by password
    local user=$1
    shift
    if [[ -f $dir/keys/$user ]]; then
        ssh -F "$dir/ssh_config" -o BatchMode=yes "$user@stockroom" "$@" 9>&-
    else
        demo_ssh_password "$user" "$(password_of "$user")" "$@"
    fi
}

demo_ssh_password() { # USER PASSWORD COMMAND…
    local user=$1 password=$2
    shift 2
    STOCKROOM_ASKPASS_PASSWORD=$password SSH_ASKPASS=$STOCKROOM_ROOT/packaging/askpass.sh SSH_ASKPASS_REQUIRE=force \
        ssh -F "$dir/ssh_config" -o PubkeyAuthentication=no -o NumberOfPasswordPrompts=1 "$user@stockroom" "$@" 9>&-
}

password_of() { # USER — made at first sight
    local password
    if [[ ! -f $dir/passwords ]]; then
        write_secret "$dir/passwords" </dev/null
    fi
    password=$(sed -n "s/^$1 //p" "$dir/passwords")
    if [[ -z $password ]]; then
        password=$(random_password)
        printf '%s %s\n' "$1" "$password" >>"$dir/passwords"
    fi
    printf '%s' "$password"
}

first_admin() {
    local status=0
    password_of admin | (cd "$dir" && "$bin/stockroomd" user-add -c stockroom.ini admin --role admin) \
        >>"$dir/setup.log" 2>&1 || status=$?
    # 1: already-exists, from an earlier run.
    if ((status > 1)); then
        show_tail "$dir/setup.log"
        die "the first user could not be made"
    fi
}

# A key pair whose public half the server knows. The file gets its name only then: its being there means that it works.
key_ensure() { # USER
    local user=$1 new=$dir/keys/.new-$1
    if [[ -f $dir/keys/$user ]]; then
        return
    fi
    rm -f -- "$new" "$new.pub"
    ssh-keygen -q -t ed25519 -N '' -C "$user@stockroom-demo" -f "$new" </dev/null
    demo_ssh admin "key add --user $user" <"$new.pub" >>"$dir/setup.log" 2>&1 || {
        show_tail "$dir/setup.log"
        die "the key of $user could not be added"
    }
    mv -f -- "$new.pub" "$dir/keys/$user.pub"
    mv -f -- "$new" "$dir/keys/$user"
}

# A user as everybody has it: given a password, who then chooses another one, the one in DIR/passwords.
user_ensure() { # NAME OPTIONS
    local name=$1 options=$2 given status=0
    given=$(random_password)
    printf '%s\n' "$given" | demo_ssh admin "user add $name $options --password-stdin" >>"$dir/setup.log" 2>&1 || status=$?
    if ((status == 1)); then # it is there, from a load that broke
        status=0
        printf '%s\n' "$given" | demo_ssh admin "passwd --user $name" >>"$dir/setup.log" 2>&1 || status=$?
    fi
    if ((status == 0)); then
        password_of "$name" | demo_ssh_password "$name" "$given" passwd >>"$dir/setup.log" 2>&1 || status=$?
    fi
    if ((status != 0)); then
        show_tail "$dir/setup.log"
        die "the user $name could not be made"
    fi
    key_ensure "$name"
}

# Run a command file as admin. Lines that were loaded before are no failures.
load_file() { # FILE KEY
    local status=0
    if [[ -t 2 ]]; then
        demo_ssh admin "batch --key $2 --progress" <"$1" >"$1.out" || status=$?
    else
        demo_ssh admin "batch --key $2" <"$1" >"$1.out" 2>>"$dir/setup.log" || status=$?
    fi
    if ((status > 1)) || grep -E '^[0-9]+ error ' "$1.out" | grep -qv '^[0-9]* error already-exists '; then
        grep -E '^[0-9]+ error ' "$1.out" | grep -v '^[0-9]* error already-exists ' | head -n 5 >&2 || true
        show_tail "$dir/setup.log"
        die "loading ${1##*/} failed"
    fi
}

load_demo_data() {
    local data=$dir/demo-data source=$STOCKROOM_ROOT/packaging
    if [[ $(state_get loaded) == yes ]]; then
        return
    fi
    say "Loading demo data…"
    mkdir -p -- "$data"
    if [[ ! -f $data/history ]]; then # kept: a load that broke goes on with the same lines
        awk -v mode=catalogue -f "$source/demo-data.awk" "$source/demo-products.txt" >"$data/catalogue"
        awk -v mode=history -v now="$(date +%s)" -f "$source/demo-data.awk" "$source/demo-products.txt" \
            >"$data/history.new"
        mv -f -- "$data/history.new" "$data/history"
    fi
    load_file "$data/catalogue" demo-catalogue
    user_ensure owner1 '--role owner --store S001 --store S002'
    user_ensure owner2 '--role owner --store S003'
    user_ensure staff1 '--role staff --store S001'
    user_ensure staff3 '--role staff --store S003'
    load_file "$data/history" demo-history
    state_set loaded yes
}

# ---- The commands ---------------------------------------------------------------------------------------------------

directory_ensure() {
    mkdir -p -- "$dir" || die "$dir cannot be made"
    dir=$(cd -- "$dir" && pwd -P)
    exec 9>"$dir/lock"
    flock -w 600 9 || die "another demo.sh is busy in $dir"
}

port_choose() {
    local running
    running=$(state_get server_port)
    if server_is_running && [[ -n $port && $port != "$running" ]]; then
        die "the server in $dir runs on port $running already: stop it first"
    fi
    port=$((10#${port:-${running:-$PORT_DEFAULT}}))
}

start() {
    packages_install build run
    directory_ensure
    port_choose
    server_user_ensure
    build
    database_start
    server_configure
    client_configure
    migrate
    first_admin
    server_start
    key_ensure admin
    if ! $empty; then
        load_demo_data
    fi
}

stop() {
    if [[ ! -d $dir ]]; then
        say "Nothing runs in $dir."
        return
    fi
    directory_ensure
    if server_is_running; then
        kill -TERM "$server_pid"
        if ! wait_until "$STOP_SECONDS" server_has_gone; then
            say "the server did not end within $STOP_SECONDS s: killing it"
            kill -KILL "$server_pid" 2>/dev/null || true
            wait_until 5 server_has_gone || true
        fi
        say "The server has stopped."
    fi
    rm -f -- "$dir/stockroomd.pid"
    pg_base=$(state_get pg_base)
    if [[ -n $pg_base ]] && pg_is_running "$pg_base"; then
        pg_stop "$pg_base" || die "PostgreSQL in $pg_base did not stop"
        say "PostgreSQL has stopped; the data is kept."
    fi
}

# Only what start makes: DIR may have been there before, with other things in it.
remove() {
    local socket
    stop
    [[ -d $dir ]] || return 0
    pg_base=$(state_get pg_base)
    socket=$(state_get pg_socket)
    if [[ -f $pg_base/data/PG_VERSION ]]; then
        rm -rf -- "$pg_base/data" "$pg_base/socket" "$pg_base/postgresql.log"
        rmdir -- "$pg_base" 2>/dev/null || true
    fi
    if [[ $socket == /tmp/stockroom-demo.* ]]; then
        rm -rf -- "$socket"
    fi
    rm -rf -- "$dir/keys" "$dir/demo-data" "$dir/state" "$dir/passwords" "$dir"/dsn{,-server,-superuser} \
        "$dir"/ssh_host_{ed25519,ecdsa}_key{,.pub} "$dir/known_hosts" "$dir/ssh_config" "$dir/stockroom.ini" \
        "$dir/token_key" "$dir"/{server,setup,build}.log "$dir/lock"
    rmdir -- "$dir" 2>/dev/null || true
    say "Removed."
}

server_has_gone() {
    ! server_is_running
}

status() {
    local result=0
    if server_is_running; then
        printf 'server: running, process %s, 127.0.0.1:%s\n' "$server_pid" "$(state_get server_port)"
    else
        printf 'server: stopped\n'
        result=$EXIT_STOPPED
    fi
    pg_base=$(state_get pg_base)
    if [[ -n $pg_base ]] && pg_is_running "$pg_base"; then
        printf 'database: running, %s\n' "$pg_base"
    else
        printf 'database: stopped\n'
        result=$EXIT_STOPPED
    fi
    return "$result"
}

# A path as one would type it.
shown() { # PATH
    printf '%q' "$1"
}

demo_batch() {
    cat <<'END'
# a sale by SKU, and one by barcode
sell CHC-02 2 --price 1.89 --note "till 1"
sell 2000000000015 1
sell FRT-01 0.750
# a delivery, and something that broke
stock-in BRD-01 12 --cost 2.10 --note "from the bakery"
remove YOG-03 1 --reason damaged
# three mistakes: each line is judged for itself
sell BUT-01 100000
sell NO-SUCH-THING 1
sell BRD-01 1.5
inventory --search "bread"
movements --limit 3
END
}

show_batch() {
    local file=$dir/demo-data/batch status=0
    demo_batch >"$file"
    say ''
    say "A batch through this machine's own ssh, as the cashier staff1 of store S001:"
    say ''
    say "  \$ ssh -F $(shown "$dir/ssh_config") staff1@stockroom batch <<END"
    sed 's/^/  /' "$file" >&2
    say '  END'
    say ''
    demo_ssh staff1 "batch --key demo-$(date +%s)-$$" <"$file" || status=$?
    say ''
    say "Its exit status is $status: 1 says that some lines failed, and those say why."
}

show_logins() {
    local user
    say ''
    say "Log in (each user has a key; the passwords are in $dir/passwords):"
    for user in $DEMO_USERS; do
        if [[ -f $dir/keys/$user ]]; then
            say "  ssh -F $(shown "$dir/ssh_config") $user@stockroom"
        fi
    done
    [[ ! -f $dir/keys/staff1 ]] ||
        say "One command: ssh -F $(shown "$dir/ssh_config") staff1@stockroom sell CHC-02 1"
    say "It runs on until: packaging/demo.sh stop --dir $(shown "$dir")"
    say ''
}

foreground() {
    start
    if [[ $(state_get loaded) == yes ]]; then
        show_batch
    fi
    show_logins
    if [[ -t 0 && -t 1 && -f $dir/keys/staff1 ]]; then
        say "Opening the screens as staff1 (q leaves)…"
        exec ssh -t -F "$dir/ssh_config" staff1@stockroom 9>&-
    fi
}

main() {
    parse_arguments "$@"
    case $command in
    foreground) foreground ;;
    start) start; show_logins ;;
    stop) stop ;;
    remove) remove ;;
    status) status ;;
    esac
}

main "$@"
