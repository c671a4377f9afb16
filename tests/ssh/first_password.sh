#!/bin/bash
# Passwords: the first one must be changed, a person at a terminal says the old one, a pipe does not; what a change ends.
# shellcheck source=tests/lib/server.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../lib/server.sh"
server_start

must admin store add S001 --name One
must admin product add A-1 --name Lamp
first_password ann '--role staff --store S001'
given=$(first_password_of ann)
own='a password of my own'

# By the given password one may change it, and no more: in no way.
tssh_password ann "$given" whoami --format json
assert_status 0
assert_json "row['must_change_password'] and row['has_password']"
tssh_password ann "$given" help
assert_status 0
for command in 'stock-in A-1 1' 'inventory' 'key list' 'login'; do
    tssh_password ann "$given" "$command"
    assert_status 77
    assert_contains "$ERR" 'change your password first: passwd'
done
tssh_password ann "$given" key add </dev/null
assert_status 77
tssh_password ann "$given" batch --format json < <(printf 'stock-in A-1 1\ninventory\n')
assert_lacks "$OUT" '"ok":true'
assert_equal 0 "$(sql 'SELECT count(*) FROM stock_movements')" movements
tssh_password ann "$given" passwd < <(printf '%s\n' "$given")
assert_status 65
assert_contains "$ERR" 'another password'
tssh_password ann "$given" passwd < <(printf '%s\n' "$own")
assert_status 0
tssh_password ann "$given" whoami
assert_status 255
tssh_password ann "$own" stock-in A-1 1
assert_status 0

# Within one session: after passwd it goes on with all its rights.
must admin passwd --user ann < <(printf 'given again\n')
tssh_password ann "$own" whoami
assert_status 255
tssh_password ann 'given again' batch --format json < <(printf 'whoami\n')
assert_lacks "$OUT" '"ok":false'
tssh_password ann 'given again' passwd < <(printf '%s\n' "$own")
assert_status 0

# One that the server made up is a given one too; a key is not held up by it.
tssh admin user add bob --role staff --store S001 --format json
assert_status 0
made=$(python3 -c 'import json, sys; print(json.load(sys.stdin)["password"])' <"$OUT_FILE")
tssh_password bob "$made" inventory
assert_status 77
rm -f "$SERVER_DIR/keys/bob"
ssh-keygen -q -t ed25519 -N '' -f "$SERVER_DIR/keys/bob" </dev/null
must admin key add --user bob <"$SERVER_DIR/keys/bob.pub"
tssh bob inventory
assert_status 0

# On a terminal: the old one first, nothing is shown.
cat >"$TEST_DIR/terminal.py" <<'PY'
import os, pty, select, sys, time

def talk(command, answers, environment):
    """Run command on a terminal; wait for each prompt, then type its answer. Returns status and what was shown."""
    pid, fd = pty.fork()
    if pid == 0:
        os.execvpe(command[0], command, environment)
    shown = b""
    end = time.monotonic() + 60
    answers = list(answers)
    seen = 0
    while time.monotonic() < end:
        ready, _, _ = select.select([fd], [], [], 1)
        if ready:
            try:
                data = os.read(fd, 4096)
            except OSError:
                data = b""
            if not data:
                break
            shown += data
        if answers and answers[0][0].encode() in shown[seen:]:
            seen = shown.index(answers[0][0].encode(), seen) + len(answers[0][0])
            os.write(fd, answers.pop(0)[1].encode() + b"\r")
    _, status = os.waitpid(pid, 0)
    return os.waitstatus_to_exitcode(status), shown.decode(errors="replace")

config, password = sys.argv[1], sys.argv[2]
pairs = [tuple(word.split("=", 1)) for word in sys.argv[3:]]
environment = dict(os.environ, STOCKROOM_ASKPASS_PASSWORD=password, SSH_ASKPASS_REQUIRE="force", TERM="xterm")
status, shown = talk(["ssh", "-tt", "-F", config, "-o", "PreferredAuthentications=password", "-o", "PubkeyAuthentication=no",
                      "-o", "NumberOfPasswordPrompts=1", "ann@stockroom", "passwd"], pairs, environment)
print(shown)
sys.exit(status if status >= 0 else 99)
PY
on_terminal() { # LOGIN-PASSWORD PROMPT=ANSWER…
    capture env SSH_ASKPASS="$STOCKROOM_ROOT/packaging/askpass.sh" timeout 120 python3 "$TEST_DIR/terminal.py" "$SERVER_DIR/ssh_config" "$@" </dev/null
}
next='one more of my own'
on_terminal "$own" 'Old password: =not this one' "New password: =$next" "New password again: =$next"
assert_status 77
assert_contains "$OUT" 'the old password is wrong'
on_terminal "$own" "Old password: =$own" "New password: =$next" 'New password again: =something else'
assert_status 65
assert_contains "$OUT" 'differ'
on_terminal "$own" "Old password: =$own" "New password: =$own" "New password again: =$own"
assert_status 65
assert_contains "$OUT" 'is the old one'
tssh_password ann "$own" whoami
assert_status 0
on_terminal "$own" "Old password: =$own" "New password: =$next" "New password again: =$next"
assert_status 0
assert_lacks "$OUT" "$own"
assert_lacks "$OUT" "$next"
tssh_password ann "$next" whoami
assert_status 0
must admin passwd --user ann < <(printf 'given once more\n')
on_terminal 'given once more' "New password: =$own" "New password again: =$own" # the old one has just been typed
assert_status 0
assert_lacks "$OUT" 'Old password'
tssh_password ann "$own" inventory
assert_status 0

# What is no password.
for word in 'short' 'ann' "$(head -c 1001 /dev/zero | tr '\0' x)" 'eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhbm4ifQ.c2ln'; do
    tssh_password ann "$own" passwd < <(printf '%s\n' "$word")
    assert_status 65
done
tssh_password ann "$own" passwd </dev/null
assert_status 64

# No password, given or chosen, is in the log or in the trail.
log=$(cat "$SERVER_DIR/server.log")
trail=$(sql 'SELECT string_agg(a::text, $$ $$) FROM audit_events a')
for word in "$given" "$own" "$next" "$made" 'given again' 'not this one' argon2; do
    assert_lacks "$log" "$word"
    assert_lacks "$trail" "$word"
done
assert_equal t "$(sql "SELECT count(*) >= 6 FROM audit_events WHERE action = 'passwd' AND target = 'ann'")" "the trail has them"
test_done
