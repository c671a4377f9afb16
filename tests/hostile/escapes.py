"""Escape sequences in every field that a client can set. None may reach another user's terminal, or the log, as it is: not in
what commands print, in text or json, not on the screens, not in the log. What is in the database already (escapes.sh put it
there, past the server) is as hostile as what is on its way."""
import itertools
import json
import re

from cryptography.exceptions import InvalidSignature

from client import Client, Closed, string, u32
from server import is_dangerous, main, scenario

# What they would do: a title, a cleared screen, colours by C1, the text turned around, invisible letters, a line of its own.
ATTACKS = {
    "ESC": "\x1b]0;owned\x07", "CSI": "\x1b[2Jowned", "C1": "\x9b31mowned", "C1 string": "\x90owned\x9c", "bidi": "\u202eowned", "isolate": "\u2066owned\u2069",
    "mark": "\u200fowned", "zero width": "ow\u200bned", "BOM": "\ufeffowned", "soft hyphen": "ow\xadned", "tags": "owned\U000e0041", "separator": "owned\u2028owned",
    "line": "owned\nowned", "return": "owned\rowned", "NUL": "owned\0owned", "backspace": "owned\x08\x08", "DEL": "owned\x7f", "bell": "\x07owned",
    "not UTF-8": b"\xff\xfeowned", "overlong": b"\xc0\x9bowned", "surrogate": b"\xed\xa0\x9bowned", "raw C1": b"\x9b2Jowned", "cut": b"owned\xe2\x80",
}
NOT_UTF8 = re.compile(rb"[\x80-\xff]")
COUNTER = itertools.count()


def in_bytes(attack):
    return attack if isinstance(attack, bytes) else attack.encode()


def check_clean(data, what, allowed="\n"):
    """Nothing in it that a terminal would act upon; strictly UTF-8."""
    text = data.decode("utf-8")
    bad = sorted({f"U+{ord(c):04X}" for c in text if is_dangerous(c) and c not in allowed})
    assert not bad, f"{what}: {bad} in {text[:300]!r}"


# What may come from a screen of ours: the escape sequences of ncurses for this terminal.
OURS = re.compile(rb"\x1b\[[0-9;?]*[a-zA-Z]|\x1b[()][0AB]|\x1b[=>78MHc]|[\x0e\x0f\x08\r\n\t]|\x1b\]\d+;?\x07")


def check_screen(data, what):
    """Our own sequences taken out, nothing is left; and what is left says where they tried to title or clear."""
    assert b"\x1b]0;" not in data and b"\x1b]2;" not in data and b"\x1bP" not in data, f"{what}: {data!r}"
    check_clean(OURS.sub(b"", data), what, "")


# ---- What others see

SHOW_IT = ("inventory --s", "movements", "product list", "store list", "product show A-2")  # escapes.sh saw to that

LISTS = ("inventory", "movements", "product list", "store list", "inventory --search owned", "product show A-1", "product show A-2", "stores", "whoami",
         "report on-hand", "report sales", "user list", "audit", "sessions --all", "help sell")


def look_around(server, user):
    """Everything that another user has printed for himself, in text and json, and the screens."""
    with server.connect(user) as client:
        for command in LISTS:
            if user == "admin" and command.split()[0] in ("inventory", "movements"):
                command += " --store S001"
            out, err, _ = client.run(command)
            check_clean(out, f"{user}: {command}")
            assert not command.startswith(SHOW_IT) or b"owned" in out, f"{user}: {command} does not show what is hostile: {out[:300]}"
            check_clean(err, f"{user}: {command}, errors", "\r\n")
            out, err, _ = client.run(f"{command} --format json")
            check_clean(out, f"{user}: {command} in json")
            for line in out.splitlines():
                json.loads(line)
            check_clean(err, f"{user}: {command} in json, errors", "\r\n")
    for keys in (b"", b"m", b"gm", b"\r", b"gi\r", b"/owned\r", b":movements\r", b":product list\r"):
        look_at_screen(server, user, keys)


def look_at_screen(server, user, keys):
    with server.connect(user) as client:
        channel = client.open(window=1 << 24)
        assert client.ask_terminal(channel, b"xterm-256color", 120, 50) and client.request(channel, b"shell")
        out = b""
        while b"A-1" not in out:
            data = client.read_data()
            assert data, f"{user}: the screen ended"
            out += data
        client.send_data(channel, keys)
        client.socket.settimeout(0.15)  # until it has fallen silent
        try:
            while data := client.read_data():
                out += data
        except TimeoutError:
            pass
        client.socket.settimeout(60)
        client.send_close(channel)
    check_screen(out, f"{user}'s screen after {keys}")
    assert b"owned" in out, f"the screen does not show what is hostile: {out}"


# ---- Where it is tried

@scenario
def fields_of_commands(server):
    """Names, notes, refs, keys, tags, the text of commands: refused, or shown harmless. What an attacker is told is clean, too."""
    accepted = []
    fields = (("ann", "sell A-1 1 --note '{}'"), ("ann", "sell A-1 1 --ref '{}'"), ("ann", "sell '{}' 1"), ("ann", "sell A-1 '{}'"), ("ann", "{}"),
              ("ann", "sell A-1 1 --{} x"), ("ann", "sell A-1 1 --at '{}'"), ("ann", "remove A-1 1 --reason '{}'"), ("ann", "sell A-1 1 --store '{}'"),
              ("ann", "product list --search '{}'"), ("ann", "movements --after '{}'"), ("ann", "help '{}'"), ("ann", "batch --key '{}'"), ("ann", "sell A-1 1 '{}"),
              ("admin", "product add 'X{}' --name fine"), ("admin", "product add X-{n} --name 'N{}'"), ("admin", "product add X-{n} --name N --category '{}'"),
              ("admin", "product add X-{n} --name N --barcode '{}'"), ("admin", "product set A-3 --name '{}'"), ("admin", "store add T{n} --name '{}'"),
              ("admin", "store add '{}' --name fine"), ("admin", "store set S001 --name '{}'"), ("admin", "user add 'u{}' --role staff --store S001 --no-password"),
              ("admin", "user add u{n} --role '{}' --store S001 --no-password"), ("admin", "store add T{n} --name N --timezone '{}'"))
    clients = {user: server.connect(user) for user in ("ann", "admin")}
    for user, command in fields:
        for name, attack in ATTACKS.items():
            text = command.replace("{n}", str(next(COUNTER))).encode().replace(b"{}", in_bytes(attack))
            out, err, status = clients[user].run(text, b"sell A-1 1\n" if command.startswith("batch") else b"")
            check_clean(out, f"{command}, {name}: the answer")
            check_clean(err, f"{command}, {name}: the error", "\r\n")
            if status == 0 and b"\0" not in text:  # SSH's text of a command ends at a NUL, as libssh reads it
                accepted.append((command, name))
    for client in clients.values():
        client.close()
    assert not accepted, f"accepted: {accepted}"
    look_around(server, "ben")
    look_around(server, "admin")
    return f"{len(fields) * len(ATTACKS)} attempts"


@scenario
def lines_of_batches(server):
    with server.connect("ann") as client:
        for shape in ("", " --format json", " --dry-run", " --atomic"):
            for name, attack in ATTACKS.items():
                data = in_bytes(attack)
                lines = b"\n".join((b"@" + data + b" sell A-1 1", b"sell A-1 1 --note '" + data + b"'", data, b"# " + data, b"sell '" + data + b"' 1", b"@tag" + data, b""))
                out, err, _ = client.run(b"batch" + shape.encode(), lines)
                check_clean(out, f"batch{shape}, {name}")
                check_clean(err, f"batch{shape}, {name}: errors", "\r\n")
    look_around(server, "ben")


@scenario
def what_is_read_from_stdin(server):
    with server.connect("ann") as client:
        for name, attack in ATTACKS.items():
            for line in (b"ssh-ed25519 " + in_bytes(attack), in_bytes(attack), b"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA " + in_bytes(attack),
                         in_bytes(attack) + b" ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA x"):
                for command in ("key add", "passwd"):
                    out, err, _ = client.run(command, line + b"\n")
                    check_clean(out, f"{command}, {name}")
                    check_clean(err, f"{command}, {name}: errors", "\r\n")
        out, err, _ = client.run("key list")
        check_clean(out, "key list")
    with server.connect("admin") as client:
        for command in ("key list ann", "key list --user ann", "user show ann", "audit"):
            out, err, _ = client.run(command)
            check_clean(out, command)
            check_clean(err, command, "\r\n")


@scenario
def before_the_login(server):
    """Version strings, names of users and passwords: they reach the log only as counts."""
    for name, attack in ATTACKS.items():
        data = in_bytes(attack)
        for version in (b"SSH-2.0-" + data.replace(b"\n", b"") + b" owned", data):
            try:
                with Client(server.port, version=version) as client:
                    client.say_version()
                    client.read_version()
                    if version.startswith(b"SSH"):
                        client.exchange_keys()
                        client.ask_service()
                        for user in (data, b"ann" + data, data * 1000):
                            client.try_password(user, data)
                            client.send(client.auth_head(user, data) + data)
                            client.answer()
            except (Closed, OSError, InvalidSignature):  # the server may have read another version than was sent
                pass


@scenario
def on_the_channel(server):
    """What a client says about its terminal, while another looks at the sessions."""
    for name, attack in ATTACKS.items():
        data = in_bytes(attack)
        with server.connect("ann", version=b"SSH-2.0-" + re.sub(rb"[\0\r\n]", b"", data)) as client:
            channel = client.open()
            client.request(channel, b"env", string(b"LANG") + string(data))
            client.request(channel, b"env", string(data) + string(data))
            client.request(channel, b"subsystem", string(data))
            client.send_request(channel, b"signal", string(data), False)
            if client.ask_terminal(channel, data) and client.request(channel, b"shell"):
                client.send_data(channel, data)
            with server.connect("admin") as admin:
                for command in ("sessions --all", "stats", "sessions --all --format json", "stats --format prometheus"):
                    out, err, _ = admin.run(command)
                    check_clean(out, f"{command}, {name}")
                    check_clean(err, f"{command}, {name}: errors", "\r\n")


@scenario
def the_attackers_own_screen(server):
    """Typed and pasted into the screens: ann's own terminal gets nothing of it, either."""
    for name, attack in ATTACKS.items():
        data = in_bytes(attack).replace(b"\x1b", b"").replace(b"\n", b"").replace(b"\r", b"")
        look_at_screen(server, "ann", b"/" + data + b"\r:" + data + b"\r")


main()
