# shellcheck shell=bash
# What the scripts of packaging/ and tests/ share: messages, packages, waiting, and a private PostgreSQL.
# Sourced, never run, under `set -euo pipefail`. Touches only what its arguments name, and the system's list of packages.

STOCKROOM_ROOT=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd -P)

say() {
    printf '%s\n' "$*" >&2
}

die() {
    printf '%s: %s\n' "${0##*/}" "$*" >&2
    exit 1
}

# The end of a log, for people.
show_tail() { # FILE
    if [[ -s $1 ]]; then
        say "the last lines of $1:"
        tail -n 20 -- "$1" | sed 's/^/  | /' >&2
    fi
}

# Run a command quietly; when it fails show the end of its output and stop.
run_logged() { # WHAT LOG COMMAND…
    local what=$1 log=$2
    shift 2
    if ! "$@" >>"$log" 2>&1 </dev/null; then
        show_tail "$log"
        die "$what failed"
    fi
}

# Configure and build in build/NAME; whoever else builds there is waited for.
cmake_build() { # NAME LOG CONFIGURE-ARGUMENT… [-- BUILD-ARGUMENT…]
    local name=$1 log=$2 configure=()
    shift 2
    while (($# > 0)) && [[ $1 != -- ]]; do
        configure+=("$1")
        shift
    done
    (($# == 0)) || shift
    mkdir -p -- "$STOCKROOM_ROOT/build"
    (
        cd "$STOCKROOM_ROOT" || exit
        exec 8>"build/.$name.lock"
        flock 8
        run_logged "configuring build/$name" "$log" cmake -B "build/$name" "${configure[@]}"
        run_logged "building build/$name" "$log" cmake --build "build/$name" "$@"
    )
}

# Wait until a command succeeds; fails when that takes longer than so many seconds.
wait_until() { # SECONDS COMMAND…
    local deadline=$((SECONDS + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        if ((SECONDS >= deadline)); then
            return 1
        fi
        sleep 0.05
    done
}

is_root() {
    [[ $(id -u) == 0 ]]
}

# As root, directly or by sudo.
as_root() {
    if is_root; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo -- "$@"
    else
        say "this needs root, and there is no sudo: $*"
        return 1
    fi
}

# The packages of some uses (build, run, test), from debian-packages.txt.
packages_of() { # USE…
    local use package wanted
    while read -r use package; do
        for wanted in "$@"; do
            if [[ $use == "$wanted" ]]; then
                printf '%s\n' "$package"
            fi
        done
    done < <(sed 's/#.*//' "$STOCKROOM_ROOT/packaging/debian-packages.txt")
}

package_is_installed() { # PACKAGE
    # A package may also be provided by another (pkg-config by pkgconf).
    dpkg-query -W -f '${db:Status-Status}\n' -- "$1" 2>/dev/null | grep -qx installed
}

# Install those that are missing; calls apt for nothing else, and not at all when there are none.
packages_install() { # USE…
    local package missing=()
    command -v dpkg-query >/dev/null || die "this needs Debian's package tools (Debian 12 or later)"
    while read -r package; do
        package_is_installed "$package" || missing+=("$package")
    done < <(packages_of "$@")
    if ((${#missing[@]} == 0)); then
        return
    fi
    say "Installing Debian packages: ${missing[*]}"
    apt_install "${missing[@]}" || die "these packages could not be installed: ${missing[*]}"
}

apt_install() { # PACKAGE…
    # Another apt, as of a machine that has just started, is waited for.
    local apt=(env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300)
    local install=("${apt[@]}" install -y --no-install-recommends)
    if compgen -G '/var/lib/apt/lists/*_Packages*' >/dev/null; then
        # Lists that are older than the archive name files that have gone: then they are fetched again, below.
        if as_root "${install[@]}" "$@" >&2 </dev/null; then
            return 0
        fi
    fi
    as_root "${apt[@]}" update >&2 </dev/null || return 1
    as_root "${install[@]}" "$@" >&2 </dev/null
}

# The system user that the server becomes when root starts it.
server_user_ensure() {
    if is_root && ! getent passwd stockroom >/dev/null; then
        say "Creating the system user stockroom"
        # The group may be there alone.
        if getent group stockroom >/dev/null; then
            useradd --system --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin -g stockroom stockroom
        else
            useradd --system --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin --user-group stockroom
        fi || die "the system user stockroom could not be created"
    fi
}

random_password() {
    # 24 characters of 62: printable everywhere, no quoting needed in connection strings.
    local text
    text=$(head -c 256 /dev/urandom | base64 -w 0 | tr -d '+/=\n')
    printf '%s' "${text:0:24}"
}

# A file that only its owner may read, written whole.
write_secret() { # FILE, content on stdin
    rm -f -- "$1"
    (umask 077 && cat >"$1")
}

port_is_taken() { # PORT
    (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

# Is the process still the one that was started, and not another that got its number?
process_start_time() { # PID
    local stat fields
    stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
    read -r -a fields <<<"${stat##*) }" # the name before may hold blanks
    [[ ${fields[0]} != Z ]] || return 1
    printf '%s' "${fields[19]}"
}

# ---- A private PostgreSQL -------------------------------------------------------------------------------------------
# In a directory of its own, on a unix socket only, passwords for everyone. PostgreSQL refuses to run as root: then it
# runs as its own system user, who must reach the directory.

pg_bin() { # PROGRAM
    local newest
    newest=$(compgen -G '/usr/lib/postgresql/*/bin' | sort -V | tail -n 1) || true
    if [[ -z $newest || ! -x $newest/postgres ]]; then
        die "no PostgreSQL server under /usr/lib/postgresql"
    fi
    printf '%s/%s' "$newest" "$1"
}

# As the user who runs PostgreSQL. In / because that user may not be allowed to stay where we are.
as_postgres() {
    if is_root; then
        (cd / && runuser -u postgres -- "$@")
    else
        "$@"
    fi
}

# Make a cluster: superuser postgres, whose password is the first line of PASSWORD_FILE.
# BASE must exist and belong to whoever runs PostgreSQL; it gets data/ and socket/ (open to all who have a password).
pg_create() { # BASE PASSWORD
    local base=$1 password=$2
    # Through a file: another user may not open our pipe by name.
    # shellcheck disable=SC2016 # the inner shell expands it
    printf '%s\n' "$password" | as_postgres sh -c 'umask 077 && cat >"$1/password"' sh "$base" || return 1
    as_postgres "$(pg_bin initdb)" -D "$base/data" -U postgres --pwfile="$base/password" -A scram-sha-256 \
        -E UTF8 --locale=C.UTF-8 --no-instructions || return 1
    as_postgres rm -f -- "$base/password"
}

# Start it, with settings as -c NAME=VALUE words; the socket's directory must exist.
pg_start() { # BASE SOCKET_DIRECTORY [NAME=VALUE…]
    local base=$1 socket=$2 setting options=''
    shift 2
    for setting in "listen_addresses=" "unix_socket_directories=$socket" "port=5432" "max_connections=200" \
        "log_min_messages=warning" "$@"; do
        options+=" -c '$setting'"
    done
    as_postgres "$(pg_bin pg_ctl)" -D "$base/data" -l "$base/postgresql.log" -w -t 60 -s -o "$options" start \
        </dev/null
}

pg_is_running() { # BASE
    as_postgres "$(pg_bin pg_ctl)" -D "$1/data" -s status >/dev/null 2>&1
}

pg_stop() { # BASE
    as_postgres "$(pg_bin pg_ctl)" -D "$1/data" -m fast -w -t 60 -s stop </dev/null
}
