#!/usr/bin/env bash
# The direction of includes: includes.sh SOURCE_DIR
set -euo pipefail
cd "$1"

status=0

# nowhere PATTERN EXCEPTION WHY PLACE... : no C file under the places includes what matches, but those matching EXCEPTION
nowhere() {
    local pattern=$1 exception=$2 why=$3 found
    shift 3
    found=$(grep -rnE --include='*.[ch]' "^# *include +[<\"]$pattern" "$@" | grep -vE "$exception" || true)
    if [ -n "$found" ]; then
        printf '%s:\n%s\n' "$why" "$found" >&2
        status=1
    fi
}

none='^$'
nowhere '(config|server|tui|sql)/' "$none" 'common uses nothing of ours' common
nowhere '(server|tui|sql)/' "$none" 'config uses only common' config
nowhere 'libssh/' '^server/session/' 'libssh is for sessions only' common config server tui
nowhere 'libpq-fe\.h' '^server/core/db/' 'libpq is for server/core/db only' common config server tui
nowhere 'jwt\.h' '^server/core/tokens\.c' 'libjwt is for server/core/tokens.c only' common config server tui
nowhere 'openssl/' '^server/core/token_key\.c' 'libcrypto is for server/core/token_key.c only' common config server tui
nowhere '(ncurses|curses|term)\.h' '^tui/(draw|widgets)/' 'ncurses is for tui/draw and tui/widgets only' common config server tui
nowhere 'server/core/' '^server/core/' 'core is nobody'"'"'s to include' server/front server/session tui
nowhere 'server/' "$none" 'the TUI knows the server by its language only' tui
nowhere 'tui/' '^tui/' 'the TUI is nobody'"'"'s to include' server common config
nowhere 'server/(front|session)/' "$none" 'core parses no SSH' server/core
exit "$status"
