#!/bin/bash
# People's screens through a real ssh and a real terminal: signing up, the first password, changing it; what the server says against
# it is shown, and no password ever is.
# shellcheck source=tests/lib/server.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../lib/server.sh"
server_start '[signup]' 'mode = approval'
must admin store add S001 --name '"Main Street"'
must admin product add A-1 --name Lamp
must admin stock-in A-1 5 --store S001

on_screen() { # [ARGUMENT]… <PROGRAM: `screens(user, *ssh_options)` opens one; `quit(screen)` checks its end
    capture env PYTHONPATH="$STOCKROOM_ROOT/tests/ssh" python3 -c '
import sys
from screen import Screen

SECRETS = []

def screens(user, *options):
    return Screen(sys.argv[1], user, options=options)

def quit(screen):
    status = screen.end()
    for secret in SECRETS:
        if secret.encode() in screen.shown:
            sys.exit(f"{secret} was shown: {screen.shown!r}")
    if b"stockroom:" in screen.farewell():
        sys.exit(f"there was nothing to say: {screen.farewell()!r}")
    print(status)

UP, DOWN, CLEAR, SEND = "\x1b[A", "\x1b[B", "\x15", "\x1b[20~"
exec(sys.stdin.read())' "$SERVER_DIR/ssh_config" "$@"
}

# Sign up: a name that exists is refused in words, what was typed stays, and the store waits for an admin.
on_screen <<'PY'
SECRETS.append("secret of zoe")
with screens("signup") as screen:
    screen.wait(rb"Sign up")
    screen.wait(rb"F9 Send")
    screen.type("admin\rsecret of zoe\rsecret of zoe\rZoe's \"Corner\" \\ #1\r" + SEND)
    screen.wait(rb"there is already a user admin")
    screen.type(UP * 4 + CLEAR + "zoe" + SEND)
    screen.wait(rb"Welcome, zoe\. Your store is ZOESCORNER1\.")
    screen.wait(rb"administrator has to approve")
    screen.wait(rb"Any key")
    screen.type(" ")
    quit(screen)
PY
assert_status 0
assert_equal 0 "$OUT" "$ERR"
tssh_password zoe 'secret of zoe' whoami
assert_status 255
must admin user approve zoe
tssh_password zoe 'secret of zoe' store list --format json
assert_json 'row["store"] == "ZOESCORNER1" and row["name"] == "Zoe'"'"'s \"Corner\" \\ #1"'

# With an invite code: a wrong one is refused, and the right one opens at once.
server_stop TERM
SERVER_EXTRA=('[signup]' 'mode = invite' 'invite_code = let me "in"')
server_launch
on_screen <<'PY'
SECRETS.append("secret of yan")
with screens("signup") as screen:
    screen.wait(rb"F9 Send")
    screen.type("yan\tsecret of yan\tsecret of yan\tYan\tYAN\t" + CLEAR + "Europe/Paris\t" + CLEAR + "EUR\tlet me out\r")
    screen.wait(rb"invite code is wrong")
    screen.type(CLEAR + "let me \"in\"\r")
    screen.wait(rb"It is open\. Log in as yan")
    screen.wait(rb"Any key")
    screen.type("\r")
    quit(screen)
PY
assert_status 0
assert_equal 0 "$OUT" "$ERR"
tssh_password yan 'secret of yan' whoami --format json
assert_json 'row["role"] == "owner" and row["stores"] == ["YAN"]'

# The first password was chosen by somebody else: before anything, a new one; then everything, in the same session.
first_password bo --role staff --store S001
on_screen "$(first_password_of bo)" <<'PY'
first, second, third = sys.argv[2], "second secret", "third secret"
SECRETS += [first, second, third]
with screens("bo", "-o", "PreferredAuthentications=password", "-o", "PubkeyAuthentication=no") as screen:
    screen.wait(rb"password: ")
    screen.type(first + "\n")
    screen.wait(rb"Choose a new password, bo")
    screen.wait(rb"F9 Send")
    screen.type("short\rshort\r")
    screen.wait(rb"a password has at least 8 characters")
    screen.type(CLEAR + UP + CLEAR + second + "\r" + second + "\r")
    screen.wait(rb"Lamp")
    screen.type("ga")
    screen.wait(rb"Old password")
    screen.wait(rb"F9 Send")
    screen.type("not that\r" + third + "\r" + third + "\r")
    screen.wait(rb"the old password is wrong")
    screen.type(UP * 2 + CLEAR + second + SEND)
    screen.wait(rb"The password is changed\.")
    screen.type("\x1b")
    screen.wait(rb"Lamp")
    screen.type("q")
    quit(screen)
PY
assert_status 0
assert_equal 0 "$OUT" "$ERR"
tssh_password bo 'second secret' whoami
assert_status 255
tssh_password bo 'third secret' whoami --format json
assert_json 'row["user"] == "bo" and not row["must_change_password"]'
test_done
