#!/bin/bash
# The idle lock through a real ssh and a real terminal: what is on the screen goes, the user's password brings it back; who has
# none is logged out instead.
# shellcheck source=tests/lib/server.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../lib/server.sh"
server_start '[limits]' 'lock_seconds = 2'
must admin store add S001 --name '"Main Street"'
tssh admin batch < <(for i in 01 02 03; do echo "product add A-$i --name 'Lamp $i'"; echo "stock-in A-$i 10 --store S001"; done)
assert_status 0
new_user ann '--role staff --store S001'

capture env PYTHONPATH="$STOCKROOM_ROOT/tests/ssh" python3 - "$SERVER_DIR/ssh_config" "$(server_password ann)" <<'PY'
import subprocess, sys
from screen import Screen

config, password = sys.argv[1], sys.argv[2]
with Screen(config, "ann") as screen:
    screen.wait(rb"A-03")
    screen.type("/lam")
    screen.wait(rb"Locked\. ann's password:")
    screen.wait(rb"Esc or F3 leaves")
    locked = screen.seen
    # What is sold meanwhile is not shown, nor is what is typed.
    subprocess.run(["ssh", "-F", config, "admin@stockroom", "sell A-02 3 --store S001"], check=True, stdout=subprocess.DEVNULL)
    screen.type("not the password\r")
    screen.wait(rb"that is not your password")
    shown = screen.shown[locked:screen.seen]
    if b"Lamp" in shown or b"A-02" in shown:
        sys.exit(f"something was shown while it was locked: {shown!r}")
    screen.type(password + "\r")
    screen.wait(rb"Lamp 01")
    screen.wait(rb"/\x1b\(B\x1b\[mlam")  # the search is as it was left
    screen.wait(rb"Locked\. ann's password:")
    screen.type("\x1bOR")
    status = screen.end()
    for secret in (b"not the password", password.encode()):
        if secret in screen.shown:
            sys.exit(f"a password was shown: {screen.shown!r}")
    print(status, screen.farewell().count(b"stockroom:"))
PY
assert_status 0
assert_equal '0 0' "$OUT" "$ERR"

# Somebody who has only a key cannot unlock.
must admin user add bo --role staff --store S001 --no-password
ssh-keygen -q -N '' -t ed25519 -C bo@test -f "$SERVER_DIR/keys/bo" </dev/null
tssh admin key add --user bo < <(cat "$SERVER_DIR/keys/bo.pub")
assert_status 0
capture env PYTHONPATH="$STOCKROOM_ROOT/tests/ssh" python3 - "$SERVER_DIR/ssh_config" <<'PY'
import sys
from screen import Screen

with Screen(sys.argv[1], "bo") as screen:
    screen.wait(rb"A-03")
    status = screen.end()
    if b"password:" in screen.shown:
        sys.exit("it was locked")
    print(status, screen.farewell().decode().split("\r\n")[1])
PY
assert_status 0
assert_equal '0 stockroom: Locked for 2 seconds without a key: please log in again' "$OUT" "$ERR"
test_done
