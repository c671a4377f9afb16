#!/bin/bash
# Builds Stockroom and runs every test: the one driver, for people and for CI. Installs the Debian packages that are
# missing, builds with gcc and with clang (warnings are errors), starts a private PostgreSQL, runs ctest, cleans up.
set -euo pipefail
# shellcheck source=tests/lib/postgres.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib/postgres.sh"

preset=dev
slow=false
filter=''

usage() {
    cat <<'TEXT'
usage: tests/run.sh [--preset NAME] [--slow] [-R REGEX]

  --preset NAME  the build to test: dev (gcc; the default), asan, tsan, release
  --slow         the slow tests too, and then everything again under AddressSanitizer and UBSan
  -R REGEX       only the tests whose names match; no second build with clang
TEXT
}

parse_arguments() {
    while (($# > 0)); do
        case $1 in
        --preset) (($# > 1)) || die "--preset needs a name"; preset=$2; shift ;;
        --preset=*) preset=${1#--preset=} ;;
        --slow) slow=true ;;
        -R) (($# > 1)) || die "-R needs a pattern"; filter=$2; shift ;;
        -h | --help) usage; exit 0 ;;
        *) usage >&2; die "unknown argument: $1" ;;
        esac
        shift
    done
}

build() { # PRESET
    say "Building: $1"
    cmake_build "$1" "$log" --preset "$1" -DBUILD_TESTING=ON
}

# Compiled only: what it finds it finds while compiling.
build_with_clang() {
    say "Building: clang"
    cmake_build clang "$log" -S . -G Ninja -DCMAKE_C_COMPILER=clang -DCMAKE_BUILD_TYPE=RelWithDebInfo -DSTOCKROOM_WERROR=ON
}

run_tests() { # PRESET
    local arguments=(--preset "$1" --timeout 300 --no-tests=error) jobs
    jobs=$(nproc)
    if [[ -n $filter ]]; then
        arguments+=(-R "$filter")
    fi
    if $slow; then
        export STOCKROOM_TEST_SLOW=1
    else
        arguments+=(-LE slow)
    fi
    # Freed memory is watched for a while, but not so much of it that tests of memory would see it.
    export ASAN_OPTIONS=${ASAN_OPTIONS:-quarantine_size_mb=4:thread_local_quarantine_size_kb=64:malloc_context_size=10}
    ctest "${arguments[@]}" -j "$jobs" </dev/null
}

clean_up() {
    pg_test_stop
    rm -f -- "$log"
}

main() {
    parse_arguments "$@"
    cd "$STOCKROOM_ROOT"
    packages_install build run test
    server_user_ensure
    log=$(mktemp /tmp/stockroom-build.XXXXXX)
    trap clean_up EXIT
    trap 'exit 130' INT TERM
    build "$preset"
    if [[ -z $filter ]]; then
        build_with_clang
    fi
    say "Starting a private PostgreSQL"
    # shellcheck disable=SC2119 # its arguments are settings, ours are not
    pg_test_start
    if $slow && [[ $preset != asan ]]; then
        build asan
        run_tests "$preset"
        run_tests asan
    else
        run_tests "$preset"
    fi
}

main "$@"
