"""Channels misused by a client that has logged in: their sizes, windows, numbers, requests and ends."""
import time

from client import (CHANNEL_CLOSE, CHANNEL_DATA, CHANNEL_EOF, CHANNEL_EXTENDED_DATA, CHANNEL_FAILURE, CHANNEL_OPEN,
                    CHANNEL_OPEN_CONFIRMATION, CHANNEL_OPEN_FAILURE, CHANNEL_REQUEST, CHANNEL_SUCCESS, CHANNEL_WINDOW_ADJUST,
                    GLOBAL_REQUEST, KEXINIT, REQUEST_FAILURE, REQUEST_SUCCESS, Closed, string, u32)
from server import IS_SANITIZED, IS_SLOW, main, scenario

MANY = 10000
SESSION_KIB = 8 * 1024 * (6 if IS_SANITIZED else 1)  # of a session whose client is not unusual
# libssh may hold 4 MiB of what a client sends against the rules, in a buffer that doubles, beside the copy that is passed on.
OVERRUN_KIB = 32 * 1024 * (4 if IS_SANITIZED else 1)


def is_alive(client):
    """Does the server still answer?"""
    try:
        client.send(bytes([GLOBAL_REQUEST]) + string(b"keepalive@openssh.com") + b"\1")
        client.expect(REQUEST_SUCCESS, REQUEST_FAILURE)
    except Closed:
        return False
    return True


def with_packet(server, size):
    """A command on a channel whose packets may have so many bytes: its output, or None when the session ended."""
    with server.connect("ann") as client:
        channel = client.open(packet=size)
        client.send_request(channel, b"exec", string(b"inventory --format json"))
        try:
            out, _, status = client.read_all(channel)
        except Closed:
            return None
        assert status == 0, (size, status)
        return out


# ---- The size of packets

@scenario
def packets_of_0_bytes(server):
    with server.connect("ann") as client:
        client.send_open(packet=0)
        assert is_alive(client)
        assert not client.held, client.held  # libssh refuses such a channel without a word


@scenario
def packets_of_1_to_9_bytes(server):
    for size in (1, 5, 9):
        with_packet(server, size)  # libssh takes no notice of so small a limit; whatever comes of it, it ends


@scenario(crashes=1)
def packets_of_10_bytes(server):
    started = time.monotonic()
    assert with_packet(server, 10) is None, "libssh writes to packets of 10 bytes now: the guard against its endless loop can go"
    return f"ended after {time.monotonic() - started:.2f} s"


@scenario
def packets_of_11_to_2_32_bytes(server):
    expected = with_packet(server, 32768)
    assert expected.count(b"\n") == 20
    for size in (11, 12, 42, 1 << 31, (1 << 32) - 1):
        assert with_packet(server, size) == expected, size


# ---- Windows

@scenario
def windows_of_nothing(server):
    clients = []
    before = server.sessions()
    for _ in range(20):
        client = server.connect("ann")
        channel = client.open(window=0)
        assert client.request(channel, b"exec", string(b"inventory --format json"))
        clients.append(client)
    server.check_login("ben")
    largest = max(server.private_kib(pid) for pid in server.sessions() if pid not in before)
    assert largest < SESSION_KIB, f"a session has {largest} KiB"
    for client in clients:
        client.reset()
    return f"largest session {largest} KiB"


@scenario
def windows_beyond_all_numbers(server):
    with server.connect("ann") as client:
        channel = client.open(window=0xFFFFFFFF)
        client.send_request(channel, b"exec", string(b"batch"))
        for _ in range(2):
            client.adjust(channel, 0xFFFFFFFF)
        try:
            client.expect(CHANNEL_SUCCESS)
            client.send_data(channel, b"whoami\n" * 10)
            client.send_end(channel)
            out, _, status = client.read_all()
        except Closed:
            return "the session was ended"
        assert status == 0 and out.count(b"ann") >= 10, (status, out)
        return "the sum was bounded"


def send_too_much(server, command, make_data):
    """Send without end on a channel that takes nothing; returns (what it took, the largest size of the session)."""
    before = server.sessions()
    client = server.connect("ann")
    pid = server.wait_session(before)
    channel = client.open(window=0)
    if command is not None:
        assert client.request(channel, b"exec", string(command))
    message = make_data(channel)
    sent = largest = 0
    client.socket.settimeout(1)  # a server that does not read is as good as one that ends the session
    try:
        while sent < 64 << 20:
            client.send(*[message] * 16)
            sent += 16 * len(message)
            largest = max(largest, server.private_kib(pid))
        ending = "took it all"
    except (Closed, FileNotFoundError, ProcessLookupError):
        ending = "ended or stopped"
    client.reset()
    assert largest < OVERRUN_KIB, f"the session grew to {largest} KiB after {sent} bytes"
    return ending, sent >> 10, largest


@scenario
def window_overrun(server):
    """More than the window, where nobody asked for input, where a command takes none, and to a batch that is stuck."""
    line = b"inventory --format json\n"
    figures = []
    for command in (None, b"inventory --format json", b"batch"):
        ending, sent, largest = send_too_much(
            server, command, lambda channel: bytes([CHANNEL_DATA]) + u32(channel) + string(line * (30000 // len(line))))
        figures.append(f"{ending}: {sent} KiB sent, {largest} KiB held")
    return "; ".join(figures)


@scenario
def input_as_errors(server):
    """stderr of a client means nothing: it is thrown away, as much as there is of it."""
    ending, sent, largest = send_too_much(
        server, b"batch", lambda channel: bytes([CHANNEL_EXTENDED_DATA]) + u32(channel, 1) + string(bytes(30000)))
    return f"{ending}: {sent} KiB sent, {largest} KiB held"


@scenario
def output_that_nobody_reads(server):
    """The window is endless, but the socket is not read."""
    before = server.sessions()
    client = server.connect("ann", receive_buffer=4096)
    pid = server.wait_session(before)
    channel = client.open(window=0xFFFFFFFF)
    assert client.request(channel, b"exec", string(b"batch"))
    client.socket.settimeout(1)
    largest = 0
    try:
        for _ in range(200):
            client.send_data(channel, b"inventory --format json\n" * 100)
            largest = max(largest, server.private_kib(pid))
    except Closed:
        pass
    server.check_login("ben")
    largest = max(largest, server.private_kib(pid))
    assert largest < OVERRUN_KIB, f"the session grew to {largest} KiB"
    client.reset()
    return f"largest {largest} KiB"


@scenario
def requests_whose_answers_nobody_reads(server):
    before = server.sessions()
    client = server.connect("ann", receive_buffer=4096)
    pid = server.wait_session(before)
    client.socket.settimeout(1)
    request = bytes([GLOBAL_REQUEST]) + string(b"keepalive@openssh.com") + b"\1"
    largest, sent = 0, 0
    try:
        while sent < 400000:
            client.send(*[request] * 500)
            sent += 500
            largest = max(largest, server.private_kib(pid))
    except Closed:
        pass
    assert largest < OVERRUN_KIB, f"the session grew to {largest} KiB after {sent} requests"
    client.reset()
    return f"{sent} requests, largest {largest} KiB"


# ---- Ends, numbers, requests

@scenario
def storm_of_ends(server):
    with server.connect("ann") as client:
        channel = client.open()
        assert client.request(channel, b"exec", string(b"batch"))
        client.send(*[bytes([CHANNEL_EOF]) + u32(channel)] * 1000)
        client.send(*[bytes([CHANNEL_CLOSE]) + u32(channel)] * 1000)
        client.send(*[bytes([CHANNEL_EOF]) + u32(channel), bytes([CHANNEL_CLOSE]) + u32(channel)] * 1000)
        client.send_data(channel, b"whoami\n")
        is_alive(client)  # or ended: a close of what is closed is against the rules


@scenario
def channels_opened_and_closed(server):
    with server.connect("ann") as client:
        for _ in range(300):
            channel = client.open()
            client.send_close(channel)
        client.expect(CHANNEL_CLOSE)
    with server.connect("ann") as client:
        assert client.run("whoami")[2] == 0


@scenario
def channels_closed_and_opened_in_mid_stream(server):
    """While output is on its way, in the same packet of the network: a close, an opening, a command. libssh reads the one while
    it writes the other."""
    for kind in (b"batch", b"inventory --format json", None):
        with server.connect("ann") as client:
            first = client.open(window=1 << 30)
            for number in range(100):
                start = bytes([CHANNEL_REQUEST]) + u32(first)
                if kind is None:
                    messages = [start + string(b"pty-req") + b"\0" + string(b"xterm") + u32(80, 24, 0, 0) + string(b"\0"),
                                start + string(b"shell") + b"\0", bytes([CHANNEL_DATA]) + u32(first) + string(b"jkjkjk")]
                else:
                    messages = [start + string(b"exec") + b"\0" + string(kind),
                                bytes([CHANNEL_DATA]) + u32(first) + string(b"inventory\n" * 20)]
                if number % 3 > 0:
                    client.send(*messages)
                    messages = []
                    if number % 3 > 1 and kind is not None:  # a session has one screen
                        client.expect(CHANNEL_DATA)
                messages += [bytes([CHANNEL_CLOSE]) + u32(first), bytes([CHANNEL_OPEN]) + string(b"session") + u32(number, 1 << 30, 32768)]
                client.send_raw(b"".join(client.seal(client.pack(message)) for message in messages))
                answer = client.expect(CHANNEL_OPEN_CONFIRMATION, CHANNEL_OPEN_FAILURE)
                assert answer[0] == CHANNEL_OPEN_CONFIRMATION, (kind, number)
                client.held.clear()
                first = int.from_bytes(answer[5:9], "big")
            if kind is not None:
                client.send_request(first, b"exec", string(b"whoami"), False)
                out, _, status = client.read_all()
                assert status == 0 and b"ann" in out, (status, out)


@scenario
def channels_all_at_once(server):
    before = server.sessions()
    with server.connect("ann") as client:
        pid = server.wait_session(before)
        first = client.open()
        assert client.request(first, b"exec", string(b"batch"))
        start = server.private_kib(pid)
        for _ in range(MANY // 500):
            client.send(*[bytes([CHANNEL_OPEN]) + string(b"session") + u32(7, 1 << 20, 32768)] * 500)
            for _ in range(500):
                assert client.expect(CHANNEL_OPEN_FAILURE, CHANNEL_OPEN_CONFIRMATION)[0] == CHANNEL_OPEN_FAILURE
        grown = server.private_kib(pid) - start
        assert grown < SESSION_KIB, f"the session grew by {grown} KiB"
        client.send_data(first, b"whoami\n")
        client.send_end(first)
        out, _, status = client.read_all(first)
        assert status == 0 and b"ann" in out
    return f"grown by {grown} KiB"


@scenario
def channels_of_other_kinds(server):
    kinds = [(b"direct-tcpip", string(b"127.0.0.1") + u32(server.port) + string(b"127.0.0.1") + u32(1)),
             (b"direct-tcpip", b""), (b"direct-streamlocal@openssh.com", string(b"/run/x") + string(b"") + u32(0)),
             (b"forwarded-tcpip", string(b"::1") + u32(22) + string(b"::1") + u32(1)),
             (b"x11", string(b"127.0.0.1") + u32(6000)), (b"auth-agent@openssh.com", b""), (b"tun@openssh.com", u32(1, 0)),
             (b"", b""), (b"\x1b[2J\0" * 6000, b"")]
    for kind, extra in kinds:
        with server.connect("ann") as client:
            client.send_open(kind=kind, extra=extra)
            is_alive(client)
            assert not [m for m in client.held if m[0] == CHANNEL_OPEN_CONFIRMATION], kind


@scenario
def channels_that_do_not_exist(server):
    with server.connect("ann") as client:
        channel = client.open()
        for number in (0, 1, channel - 1, channel + 1, 0x7FFFFFFF, 0xFFFFFFFF):
            for message in (bytes([CHANNEL_REQUEST]) + u32(number) + string(b"exec") + b"\1" + string(b"whoami"),
                            bytes([CHANNEL_DATA]) + u32(number) + string(b"whoami\n"),
                            bytes([CHANNEL_EXTENDED_DATA]) + u32(number, 1) + string(b"x"),
                            bytes([CHANNEL_WINDOW_ADJUST]) + u32(number, 1 << 20), bytes([CHANNEL_EOF]) + u32(number),
                            bytes([CHANNEL_SUCCESS]) + u32(number), bytes([CHANNEL_FAILURE]) + u32(number),
                            bytes([CHANNEL_OPEN_CONFIRMATION]) + u32(number, number, 1 << 20, 32768),
                            bytes([CHANNEL_CLOSE]) + u32(number)):
                client.send(*[message] * 50)
        is_alive(client)
    for cut in range(1, 9):  # messages that end too soon
        with server.connect("ann") as client:
            channel = client.open()
            for message in (bytes([CHANNEL_REQUEST]) + u32(channel) + string(b"exec") + b"\1" + string(b"whoami"),
                            bytes([CHANNEL_DATA]) + u32(channel) + string(b"whoami\n"), bytes([CHANNEL_WINDOW_ADJUST]) + u32(channel, 1),
                            bytes([CHANNEL_OPEN]) + string(b"session") + u32(9, 9, 9)):
                client.send(message[:-cut])
            is_alive(client)


def ask_many(server, make_request, count):
    """The same request again and again; how much memory of the session it costs."""
    before = server.sessions()
    with server.connect("ann") as client:
        pid = server.wait_session(before)
        channel = client.open()
        request = make_request(channel)
        grown = 0
        try:
            for round_number in range(count // 500):
                client.send(*[request] * 500)
                assert is_alive(client)
                client.held.clear()
                if round_number == 0:
                    start = server.private_kib(pid)
            grown = server.private_kib(pid) - start
        except (Closed, AssertionError):
            return None
        assert grown < 1024 * (8 if IS_SANITIZED else 1), f"{request[:40]}: {count} of them cost {grown} KiB"
        return grown


@scenario
def requests_again_and_again(server):
    def on_channel(name, data=b"", wants_reply=True):
        return lambda channel: bytes([CHANNEL_REQUEST]) + u32(channel) + string(name) + bytes([wants_reply]) + data

    def overall(name, data=b"", wants_reply=True):
        return lambda channel: bytes([GLOBAL_REQUEST]) + string(name) + bytes([wants_reply]) + data

    grown = [ask_many(server, overall(b"keepalive@openssh.com"), MANY)]
    grown += [ask_many(server, request, MANY if IS_SLOW else 2500) for request in (
        on_channel(b"env", string(b"LANG") + string(b"x" * 200)), on_channel(b"env", string(b"FOO") + string(b"bar"), False),
        on_channel(b"pty-req", string(b"xterm") + u32(80, 24, 0, 0) + string(b"\0")), on_channel(b"signal", string(b"KILL")),
        on_channel(b"window-change", u32(1, 2, 3, 4), False), on_channel(b"auth-agent-req@openssh.com"),
        on_channel(b"x11-req", b"\0" + string(b"MIT-MAGIC-COOKIE-1") + string(b"00") + u32(0)), on_channel(b"exit-status", u32(0)),
        on_channel(b"subsystem", string(b"sftp")), on_channel(b"\x1b[2J"), on_channel(b"pty-req", b"\xff\xff"),
        overall(b"tcpip-forward", string(b"0.0.0.0") + u32(0)),
        overall(b"tcpip-forward", string(b"0.0.0.0") + u32(0), False), overall(b"cancel-tcpip-forward", string(b"") + u32(1)),
        overall(b"no-more-sessions@openssh.com"), overall(b"hostkeys-prove-00@openssh.com", string(b"x")), overall(b"\0" * 100))]
    return f"grown by {grown} KiB"


@scenario
def commands_one_upon_the_other(server):
    with server.connect("ann") as client:
        channel = client.open()
        assert client.request(channel, b"exec", string(b"batch"))
        for _ in range(100):
            assert not client.request(channel, b"exec", string(b"whoami"))
            assert not client.request(channel, b"shell")
            assert not client.ask_terminal(channel)
        client.send_data(channel, b"whoami\n")
        client.send_end(channel)
        assert client.read_all(channel)[2] == 0


# ---- New keys in the middle of it

@scenario
def new_keys_in_mid_stream(server):
    for cipher in ("aes256-ctr", "aes256-gcm@openssh.com", "chacha20-poly1305@openssh.com"):
        with server.connect("ann", cipher=cipher) as client:
            channel = client.open(window=1 << 24)
            assert client.request(channel, b"exec", string(b"batch --format json"))
            client.send_data(channel, b"inventory\n" * 300)
            out = b""
            for _ in range(10):
                out += client.read_data()
                client.exchange_keys()
            client.send_end(channel)
            rest, _, status = client.read_all(channel)
            assert status == 0 and (out + rest).count(b"\n") >= 300 * 20, (cipher, status, (out + rest).count(b"\n"))


@scenario
def new_keys_never_finished(server):
    """The client asks for new keys while output is due, and falls silent: the output waits in bounded memory."""
    before = server.sessions()
    client = server.connect("ann", receive_buffer=4096)
    pid = server.wait_session(before)
    channel = client.open(window=0xFFFFFFFF)
    assert client.request(channel, b"exec", string(b"batch --format json"))
    client.send_data(channel, b"inventory\n" * 1000)
    client.read_data()
    client.send_offer()
    client.expect(KEXINIT)
    server.check_login("ben")
    largest = server.private_kib(pid)
    assert largest < SESSION_KIB, f"the session grew to {largest} KiB"
    client.reset()
    return f"largest {largest} KiB"


@scenario
def new_keys_again_and_again(server):
    with server.connect("ann") as client:
        for _ in range(1000 if IS_SLOW else 100):
            client.exchange_keys()
        assert client.run("whoami")[2] == 0


main()
