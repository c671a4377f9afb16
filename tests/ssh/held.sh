# shellcheck shell=bash
# For tests that end sessions under way: a user's sessions of every kind are opened on the server that SERVER_DIR names, and
# later must have ended, each having told why.
#
#     held_start ann                     # a batch with its stdin open, a session without a channel, the screens on a terminal
#     must admin user disable ann
#     held_assert_ended ann 'Your account was disabled'
HELD_DIR=$TEST_DIR/held
HELD_BATCH='' HELD_IDLE='' HELD_SCREEN=''
TEST_AT_END=held_clean_up

held_clean_up() {
    local pid
    for pid in $HELD_BATCH $HELD_IDLE $HELD_SCREEN; do
        kill "$pid" || true
    done
}

# The sessions of a user, as an admin sees them: number, screen.
held_sessions() { # USER
    tssh admin sessions --all --format json
    ((STATUS == 0)) || return 1
    python3 -c 'import json, sys
for line in open(sys.argv[1]):
    row = json.loads(line)
    if row["user"] == sys.argv[2]:
        print(row["session"], row["screen"])' "$OUT_FILE" "$1"
}

held_batch_answers() { [[ -s $HELD_DIR/batch-out ]]; }
held_are_open() { # USER COUNT
    local sessions
    sessions=$(held_sessions "$1") && [[ $(wc -l <<<"$sessions") == "$2" && $sessions == *True* ]]
}
held_screen_is_painted() { grep -q 'live' "$HELD_DIR/screen-out"; }
held_has_ended() { # PID
    ! process_start_time "$1" >/dev/null
}

held_start() { # USER [COUNT], of all sessions the user has then
    mkdir -p "$HELD_DIR"
    rm -f "$HELD_DIR"/*
    mkfifo "$HELD_DIR/fifo"
    held_ssh "$1" batch --format json <"$HELD_DIR/fifo" >"$HELD_DIR/batch-out" 2>"$HELD_DIR/batch-err" &
    HELD_BATCH=$!
    exec 7>"$HELD_DIR/fifo"
    echo whoami >&7
    held_ssh -N "$1" >"$HELD_DIR/idle-out" 2>"$HELD_DIR/idle-err" </dev/null 7>&- &
    HELD_IDLE=$!
    python3 "$(dirname -- "${BASH_SOURCE[0]}")/held_screen.py" "$SERVER_DIR/ssh_config" "$1" "$HELD_DIR/screen-out" \
        >"$HELD_DIR/screen-status" 2>&1 7>&- &
    HELD_SCREEN=$!
    assert_until held_batch_answers
    assert_until held_are_open "$1" "${2:-3}"
    assert_until held_screen_is_painted
}

held_ssh() { # [-N] USER COMMAND…
    local options=()
    if [[ $1 == -N ]]; then
        options=(-N)
        shift
    fi
    local user=$1
    shift
    exec timeout 200 ssh -F "$SERVER_DIR/ssh_config" -o BatchMode=yes "${options[@]}" "$user@stockroom" "$@"
}

# All three have ended since; the time that took is told, not judged.
held_assert_ended() { # USER REASON
    local kind start=$EPOCHREALTIME
    for kind in "$HELD_BATCH" "$HELD_IDLE" "$HELD_SCREEN"; do
        assert_until held_has_ended "$kind"
    done
    printf '%s: all ended within %s s\n' "$2" "$(bc <<<"$EPOCHREALTIME - $start")"
    exec 7>&-
    HELD_BATCH='' HELD_IDLE='' HELD_SCREEN=''
    for kind in batch-err idle-err screen-out; do
        assert_contains "$(tr -d '\0' <"$HELD_DIR/$kind")" "$2"
    done
    assert_lacks "$(cat "$HELD_DIR/batch-out")" "$2"
    assert_contains "$(cat "$HELD_DIR/screen-status")" 'the terminal was given back'
}
