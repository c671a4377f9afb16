"""A session process that its client has taken over: whatever it sends, core closes it and serves the others."""
import os
import socket
import struct
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from core_link import *  # noqa: E402,F403

program, configuration, log_path = sys.argv[1:4]
checks = 0


def check(condition, what):
    global checks
    checks += 1
    if not condition:
        sys.exit(f"FAILED: {what}")


log = open(log_path, "a", encoding="utf-8")
core = Core(program, configuration, log)
good = core.session()
check(good.password("admin", "password-of-admin") == (True, ""), "admin logs in")
check(core.control.recv(512) == struct.pack("<BQ", FRONT_AUTHENTICATED, good.number), "front hears of the login")
for line in ("store add S001 --name One", "store add S002 --name Two", "product add A-1 --name Lamp",
             "user add ann --role staff --store S001 --password-stdin"):
    out, errors, status = good.run(line, b"given-to-ann\n")
    check(status == 0, f"{line}: {errors}")
first = core.session()
check(first.password("ann", "given-to-ann") == (True, ""), "ann logs in for the first time")
check(core.control.recv(512) == struct.pack("<BQ", FRONT_AUTHENTICATED, first.number), "front hears of ann's first login")
out, errors, status = first.run("passwd", b"password-of-ann\n")
check(status == 0, f"ann's first passwd: {errors}")
first.sock.close()


def logged_in():
    peer = core.session()
    check(peer.password("ann", "password-of-ann") == (True, ""), "ann logs in")
    check(core.control.recv(512) == struct.pack("<BQ", FRONT_AUTHENTICATED, peer.number), "front hears of ann")
    return peer


def must_close(what, attack, peer):
    try:
        attack(peer)
    except (BrokenPipeError, ConnectionResetError):
        pass
    check(peer.is_closed(), what)
    check(good.run("help whoami")[2] == 0, f"others live after: {what}")


AUTH = text("ann") + text("x")
before_login = {
    "a command before login": lambda p: p.open("whoami"),
    "input before login": lambda p: p.send(INPUT, 1, b"whoami\n"),
    "close before login": lambda p: p.send(CLOSE, 1),
    "an unknown type": lambda p: p.send(9, 0),
    "core's own type": lambda p: p.send(AUTH_ANSWER, 0, b"\1" + text("")),
    "type 0": lambda p: p.send(0, 0),
    "a frame of 4 GiB": lambda p: p.sock.sendall(HEAD.pack(0xFFFFFFFF, AUTH_PASSWORD, 0)),
    "a frame just too long": lambda p: p.sock.sendall(HEAD.pack(128 * 1024 + 1, AUTH_PASSWORD, 0)),
    "two credentials at once": lambda p: (p.send(AUTH_PASSWORD, 0, AUTH), p.send(AUTH_PASSWORD, 0, AUTH)),
    "a credential on a channel": lambda p: p.send(AUTH_PASSWORD, 1, AUTH),
    "bytes after the fields": lambda p: p.send(AUTH_PASSWORD, 0, AUTH + b"z"),
    "a field that is too short": lambda p: p.send(AUTH_PASSWORD, 0, AUTH[:-1]),
    "a length beyond the frame": lambda p: p.send(AUTH_PASSWORD, 0, struct.pack("<I", 0xFFFFFFF0) + b"ann"),
    "a name of 65 bytes": lambda p: p.send(AUTH_PASSWORD, 0, text("u" * 65) + text("x")),
    "a password of 1025 bytes": lambda p: p.send(AUTH_PASSWORD, 0, text("ann") + text("x" * 1025)),
    "a key of 8193 bytes": lambda p: p.send(AUTH_KEY, 0, text("ann") + text("ssh-rsa") + text("x" * 8193) + b"\1"),
    "proven 2": lambda p: p.send(AUTH_KEY, 0, text("ann") + text("ssh-ed25519") + text("x") + b"\2"),
    "an empty frame": lambda p: p.send(AUTH_KEY, 0),
}
after_login = {
    "a second login": lambda p: p.send(AUTH_PASSWORD, 0, AUTH),
    "another user's key": lambda p: p.send(AUTH_KEY, 0, text("admin") + text("ssh-ed25519") + text("x") + b"\1"),
    "two channels": lambda p: (p.open("batch"), p.open("batch")),
    "channel 0": lambda p: p.send(OPEN, 0, b"\1" + text("whoami")),
    "a channel number again": lambda p: (p.run("whoami"), p.send(OPEN, 1, b"\1" + text("whoami"))),
    "input for a channel to come": lambda p: p.send(INPUT, 7, b"x"),
    "input on channel 0": lambda p: p.send(INPUT, 0, b"x"),
    "too much input in a frame": lambda p: (p.open("batch"), p.send(INPUT, 1, b"#" * 32769)),
    "an end with a payload": lambda p: (p.open("batch"), p.send(INPUT_END, 1, b"x")),
    "a close with a payload": lambda p: (p.open("batch"), p.send(CLOSE, 1, b"x")),
    "an unknown way to open": lambda p: p.send(OPEN, 1, b"\3" + text("whoami")),
    "an open without a command": lambda p: p.send(OPEN, 1, b"\1"),
}
for what, attack in before_login.items():
    must_close(what, attack, core.session())
for what, attack in after_login.items():
    must_close(what, attack, logged_in())

# Strange names cost one honest failure, and the same answer as any other.
for name in ("nobody", "u" * 64, "a\0b", b"\xff\xfe", "", "-", "' OR 1=1"):
    peer = core.session()
    check(peer.password(name, "x") == (False, ""), f"name {name!r}")
    check(core.control.recv(512) == struct.pack("<BQ", FRONT_REFUSED, peer.number), f"front hears of {name!r}")
    check(peer.password("ann", "pass\0word") == (False, ""), "a password with NUL")
    core.control.recv(512)
    check(peer.key("ann", "ssh-ed25519", b"\0" * 51, 0) == (False, ""), "a key that nobody has")
    peer.close()

# A question about a key makes no identity, and tells front nothing.
peer = core.session()
check(peer.key("ann", "ssh-ed25519", b"x", 0) == (False, ""), "asks for a key")
check(peer.key("ann", "ssh-ed25519", b"x", 1) == (False, ""), "claims a key")
check(core.control.recv(512) == struct.pack("<BQ", FRONT_REFUSED, peer.number), "a false claim is told")
peer.close()

# The tries of a connection are core's to count: a session that is taken over has no more of them than its client, nor more
# questions than anybody has keys.
def wrong_keys(peer, count, proven):
    for _ in range(count):
        if peer.key("ann", "ssh-ed25519", b"x", proven)[0]:
            sys.exit("FAILED: a wrong key was taken")
        if proven:
            core.control.recv(512)


peer = core.session()
wrong_keys(peer, 6, 1)
must_close("a seventh try", lambda p: p.send(AUTH_PASSWORD, 0, text("ann") + text("password-of-ann")), peer)
peer = core.session()
wrong_keys(peer, 64, 0)
must_close("a 65th question", lambda p: p.send(AUTH_KEY, 0, text("ann") + text("ssh-ed25519") + text("x") + b"\0"), peer)

# Frames of a channel that has ended are late, not wrong.
peer = logged_in()
check(peer.run("whoami")[2] == 0, "a first channel")
peer.send(INPUT, 1, b"sell A-1 1\n")
peer.send(INPUT_END, 1)
peer.send(CLOSE, 1)
check(peer.run("whoami")[2] == 0, "late frames are ignored")

# A frame may come in any pieces.
peer = logged_in()
frame = HEAD.pack(len(b"\1" + text("whoami")), OPEN, 1) + b"\1" + text("whoami")
for i in range(len(frame)):
    peer.sock.sendall(frame[i : i + 1])
peer.channel = 1
check(peer.collect()[2] == 0, "a frame byte by byte")

# A session that is taken over still has its user's rights, and no more.
check(b"not-permitted" in peer.run("product add B --name B")[1], "the role holds")
check(b"unknown-store" in peer.run("inventory --store S002")[1], "the stores hold")

# TUIs: one for a session that has logged in; none for others.
peer = logged_in()
screen = core.tui(peer.number)
screen.sendall(b"@1 whoami\n")
answer = b""
while answer.count(b"\n") < 2:
    answer += screen.recv(65536)
check(b'"user":"ann"' in answer and b'"ok":true' in answer, "a TUI has its session's identity")
check(core.tui(peer.number).recv(1) == b"", "no second TUI")
check(core.tui(core.session().number).recv(1) == b"", "no TUI before login")
check(core.tui(987654).recv(1) == b"", "no TUI without a session")
peer.close()
check(screen.recv(1) == b"", "a TUI ends with its session")

# A session number that is taken is refused; the first keeps its identity.
check(core.session(good.number).is_closed(), "a number cannot be taken twice")
check(good.run("whoami --format json")[0].startswith(b'{"user":"admin"'), "the first session is still admin")

# Thrown away in mid-flight, a hundred times: every line that posted is whole.
for i in range(100):
    peer = logged_in()
    peer.open("batch")
    peer.send(INPUT, 1, b"stock-in A-1 1\n" * 200)
    peer.close()
check(good.run("inventory --store S001 --format json")[2] == 0, "still serving")

# Somebody who never reads costs the bound and no more.
before = core.memory_kib()
deaf = logged_in()
deaf.open("batch --format json")
deaf.sock.settimeout(2)
sent = 0
try:
    while sent < 200 << 20:
        deaf.send(INPUT, 1, b"bogus\n" * 5000)
        sent += 30000
except (socket.timeout, TimeoutError):
    pass
check(sent < 200 << 20, "a peer that does not read is not read")
check(core.memory_kib() - before < 16 * 1024, f"memory grew by {core.memory_kib() - before} KiB")
check(good.run("whoami")[2] == 0, "others go on")

# Front's messages are checked too.
for message in (b"", b"\0", b"\1", b"\2\1", b"\x63" * 100, bytes([CORE_SESSION]) + b"\0" * 8 + text("x" * 300)):
    if message:
        core.control.send(message)
check(good.run("whoami")[2] == 0, "bad messages of front are ignored")

# Draining: told, answered, gone.
peer = logged_in()
peer.open("batch")
peer.send(INPUT, 1, b"stock-in A-1 1\n")
first = peer.receive()
check(first[0] == OUTPUT and b" ok " in first[2], "a line before the drain")
core.control.send(bytes([CORE_DRAIN]))
out, errors, status = peer.collect()
check(status == 75 and b"batch: 1 lines, 1 ok" in errors, f"the batch ends in order: {status} {errors}")
goodbye = peer.receive()
check(goodbye[0] == GOODBYE and b"stopping" in goodbye[2], "goodbye is said")
check(peer.is_closed() and core.process.wait(WAIT_SECONDS) == 0, "core has gone")
print(f"ok: {checks} checks")
