# shellcheck shell=bash
# Knocking at the door from several addresses of this machine (127.0.0.0/8): sourced after lib/server.sh by the tests
# of the door. What is held open ends with the test.
DOOR_CLIENT=$(dirname -- "${BASH_SOURCE[0]}")/door_client.py
HELD=()
HOLDS=0

knock() { # VERB FROM [ARGUMENT…] — of door_client.py; sets STATUS and OUT
    local verb=$1
    shift
    capture timeout 120 python3 "$DOOR_CLIENT" "$verb" "$SERVER_PORT" "$@"
}

# The last knock was refused: the words as a line, and again in the disconnect message of an SSH server.
assert_told() { # WORDS
    assert_equal "$1" "$(head -n 1 <<<"$OUT" | tr -d '\r')"
    assert_matches "$OUT" $'\nSSH-2.0-stockroom\r\n'".*$1"
}

hold() { # FROM COUNT [HEADER] — connections that stay until release; their first lines in OUT
    local pipe=$TEST_DIR/held-$((++HOLDS)) fd
    mkfifo "$pipe"
    python3 "$DOOR_CLIENT" hold "$SERVER_PORT" "$@" <"$pipe" >"$pipe.out" &
    exec {fd}>"$pipe"
    HELD+=("$fd")
    assert_until grep -q '^held$' "$pipe.out"
    OUT=$(grep -v '^held$' "$pipe.out" || true)
}

release() { # let go of all that is held
    local fd
    for fd in "${HELD[@]}"; do
        exec {fd}>&-
    done
    HELD=()
}

fssh() { # FROM USER COMMAND… — tssh from an address
    local from=$1 user=$2
    shift 2
    capture timeout 120 ssh -F "$SERVER_DIR/ssh_config" -o BatchMode=yes -o BindAddress="$from" "$user@stockroom" "$@"
}

# Wrong passwords in one connection.
fail_logins() { # COUNT ssh's options…
    local count=$1
    shift
    capture env STOCKROOM_ASKPASS_PASSWORD=wrong SSH_ASKPASS="$STOCKROOM_ROOT/packaging/askpass.sh" \
        SSH_ASKPASS_REQUIRE=force timeout 120 ssh -F "$SERVER_DIR/ssh_config" -o PreferredAuthentications=password \
        -o PubkeyAuthentication=no -o NumberOfPasswordPrompts="$count" "$@" admin@stockroom whoami
    [[ $STATUS == 255 ]] || fail "a wrong password is as good as a right one"
}

pssh() { # HOW HEADER USER COMMAND… — tssh through a balancer at 127.0.0.2
    local how=$1 header=$2 user=$3
    shift 3
    capture timeout 120 ssh -F "$SERVER_DIR/ssh_config" -o BatchMode=yes \
        -o ProxyCommand="python3 $DOOR_CLIENT relay $SERVER_PORT 127.0.0.2 $how $header" "$user@stockroom" "$@"
}

log_count() { # TEXT… — lines of the server's log that hold all of them
    local lines
    lines=$(cat "$SERVER_DIR/server.log")
    for text in "$@"; do
        lines=$(grep -F -- "$text" <<<"$lines" || true)
    done
    grep -c . <<<"$lines" || true
}

log_has() { # TEXT…
    (($(log_count "$@") > 0))
}

# Change lines of the running server's stockroom.ini, as server_start takes them, and have it read.
server_reload() { # LINE…
    local before
    before=$(log_count '"config.read"')
    SERVER_EXTRA+=("$@")
    server_write_configuration
    kill -HUP "$SERVER_PID"
    has_read() { (($(log_count '"config.read"') > before)); }
    assert_until has_read
}
