"""Terminals of impossible sizes and names, environments full of escapes, sizes that change a thousand times a second."""
import time

from client import CHANNEL_DATA, CHANNEL_FAILURE, CHANNEL_REQUEST, CHANNEL_SUCCESS, Closed, string, u32
from server import IS_SANITIZED, IS_SLOW, main, scenario

ESCAPES = b"\x1b]0;owned\x07\x1b[2J\xc2\x9b31m\xe2\x80\xae"
SESSION_KIB = 8 * 1024 * (6 if IS_SANITIZED else 1)


def quit_screen(client, channel):
    """Leave the screens; returns (all that was shown, exit status)."""
    client.send_data(channel, b"q")
    out, _, status = client.read_all(channel)
    return out, status


def shown(client, channel, part=b"A-1"):
    """Read until the screen shows this."""
    out = b""
    while part not in out:
        data = client.read_data()
        assert data, f"the terminal ended: {out[-200:]}"
        client.adjust(channel, len(data))
        out += data
    return out


def start_screen(client, term=b"xterm", columns=80, rows=24, environment=()):
    channel = client.open()
    for name, value in environment:
        client.request(channel, b"env", string(name) + string(value))
    if not client.ask_terminal(channel, term, columns, rows):
        return None
    if not client.request(channel, b"shell"):
        return None
    return channel


@scenario
def sizes(server):
    for columns, rows in ((0, 0), (1, 1), (65535, 65535), (0, 65535), (65535, 0), (0xFFFFFFFF, 0xFFFFFFFF), (0x80000000, 0x80000000),
                          (1, 1000000), (500, 200), (501, 201), (65536, 65536)):
        with server.connect("ann") as client:
            channel = start_screen(client, columns=columns, rows=rows)
            client.adjust(channel, 1 << 24)
            first = client.read_data()
            assert first, (columns, rows)
            out, status = quit_screen(client, channel)
            assert status == 0 and b"\x1b[?1049l" in first + out, (columns, rows, status, out[-100:])


@scenario
def sizes_that_change(server):
    """A thousand changes a second for a while, then all that the network takes: the session lives, the screen is right."""
    before = server.sessions()
    with server.connect("ann") as client:
        pid = server.wait_session(before)
        channel = start_screen(client)
        shown(client, channel)

        def resize(columns, rows):
            client.send_request(channel, b"window-change", u32(columns, rows, 0, 0), False)

        def read_what_is_there():
            client.socket.settimeout(0.0001)
            try:
                while True:
                    message = client.receive()
                    if message[0] == CHANNEL_DATA:
                        client.adjust(channel, len(message) - 9)
            except (TimeoutError, BlockingIOError):
                pass
            client.socket.settimeout(60)

        started, count = time.monotonic(), 0
        while count < 2000:  # two seconds
            resize(1 + count % 300, 1 + count % 100)
            count += 1
            if count % 20 == 0:
                read_what_is_there()
            time.sleep(max(0, started + count / 1000 - time.monotonic()))
        slow_seconds = time.monotonic() - started
        for odd in ((0, 0), (65535, 65535), (0xFFFFFFFF, 1)):
            resize(*odd)
        burst = 100000 if IS_SLOW else 20000
        started = time.monotonic()
        for number in range(burst):  # each in a packet of the network of its own
            resize(1 + number % 300, 1 + number % 100)
            if number % 500 == 0:
                read_what_is_there()
        seconds = time.monotonic() - started
        resize(90, 20)
        size = server.private_kib(pid)
        assert size < SESSION_KIB, f"the session has {size} KiB"
        client.send_data(channel, b"?")
        _, status = quit_screen_after_help(client, channel)
        assert status == 0, status
    return f"2000 in {slow_seconds:.1f} s, {burst} in {seconds:.1f} s, session {size} KiB"


def quit_screen_after_help(client, channel):
    client.send_data(channel, b"q")  # back from the help
    return quit_screen(client, channel)


@scenario
def names_of_terminals(server):
    for term in (b"", b"/", b"..", b"../../../etc/passwd", b"/etc/passwd", b"x/../../tmp/y", b"xterm\0", b"\0", ESCAPES, b"x" * 64, b"x" * 65,
                 b"x" * 32768, b"\xff" * 64, b"%s%n", b"xterm;reboot", b"$(id)", b"-x", b"dumb", b"unknown", b"no-such-terminal", b"A" * 200000):
        with server.connect("ann") as client:
            channel = start_screen(client, term)
            out = shown(client, channel)
            rest, status = quit_screen(client, channel)
            assert status == 0, (term[:20], status)
            assert b"owned" not in out + rest, "the terminal's name came back"


@scenario
def environments(server):
    values = [ESCAPES, b"x" * 32768, b"", b"\0", b"\xff" * 500, b"../../..", b"() { :;}; echo owned", b"C.UTF-8", b"xx_XX.klingon", b"%s%n"]
    names = [b"LANG", b"LC_ALL", b"LC_CTYPE", b"LC_" + ESCAPES, b"TERM", b"TERMINFO", b"TERMCAP", b"LD_PRELOAD", b"PATH", b"IFS", b"NO_COLOR", b"ACCESSIBLE",
             b"STOCKROOM_SESSION", b"ESCDELAY", b"COLUMNS", b"LINES", b"", b"=", b"A=B", b"\0", b"x" * 32768]
    environment = [(name, value) for name in names for value in values]
    with server.connect("ann") as client:
        channel = start_screen(client, environment=environment)
        out = shown(client, channel)
        rest, status = quit_screen(client, channel)
        assert status == 0 and b"owned" not in out + rest
    with server.connect("ann") as client:
        channel = client.open()
        for name, value in environment:
            client.request(channel, b"env", string(name) + string(value))
        assert client.request(channel, b"exec", string(b"whoami"))
        out, _, status = client.read_all(channel)
        assert status == 0 and out.startswith(b"user")
    return f"{len(environment)} variables"


@scenario
def modes_of_terminals(server):
    for modes in (b"", b"\0", b"\xff" * 1000, b"\x80" + u32(38400) + b"\x81" + u32(38400) + b"\0", b"\1" * 32768, bytes([1]) + u32(3)):
        with server.connect("ann") as client:
            channel = client.open()
            assert client.request(channel, b"pty-req", string(b"xterm") + u32(80, 24, 0, 0) + string(modes))
            assert client.request(channel, b"shell")
            shown(client, channel)
            assert quit_screen(client, channel)[1] == 0


@scenario
def keys_without_end(server):
    """A screen whose user pastes noise: it lives, and so does its session, or it ends in order."""
    noise = bytes(range(256)) * 64 + ESCAPES * 1000 + b"\x1b[" + b"9;" * 5000 + b"m" + b"\x1b[200~" + b"sell A-1 1\r" * 100
    with server.connect("ann") as client:
        channel = start_screen(client)
        shown(client, channel)
        client.send_data(channel, noise[:20000])
        client.send_end(channel)
        _, _, status = client.read_all(channel)
        return f"exit status {status}"


@scenario
def screens_one_after_the_other(server):
    """One screen a session; those who want more are told, and nothing is left."""
    with server.connect("ann") as client:
        channel = start_screen(client)
        shown(client, channel)
        assert quit_screen(client, channel)[1] == 0
        client.send_close(channel)
        channel = client.open()
        assert client.ask_terminal(channel)
        client.send_request(channel, b"shell")
        client.expect(CHANNEL_SUCCESS, CHANNEL_FAILURE)
    for _ in range(10):
        client = server.connect("ann")
        start_screen(client)
        client.reset()
    server.wait("the end of the screens", lambda: not [name for name in server.children().values() if name == "stockroom-tui"])


main()
