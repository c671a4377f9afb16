"""The protocol below logins and channels: packets with wrong lengths, padding and seals, messages that do not exist or come at
the wrong time, offers and points of the key exchange that are none, first lines that are no SSH."""
import os
import random

from client import (CHANNEL_OPEN_CONFIRMATION, CIPHERS, DEBUG, DISCONNECT, ECDH_INIT, ECDH_REPLY, GLOBAL_REQUEST, IGNORE, KEXINIT, NEWKEYS,
                    REQUEST_FAILURE, REQUEST_SUCCESS, UNIMPLEMENTED, Client, Closed, string, u32)
from server import IS_SANITIZED, IS_SLOW, main, scenario

ESCAPES = b"\x1b]0;owned\x07\x1b[2J\xc2\x9b31m\xe2\x80\xae"
PROBE = bytes([GLOBAL_REQUEST]) + string(b"keepalive@openssh.com") + b"\1"


def outcome(client):
    """True: still answered; False: ended. Nothing else may come of it: not silence, not a channel."""
    try:
        client.send(PROBE)
        client.expect(REQUEST_SUCCESS, REQUEST_FAILURE)
        return True
    except Closed:
        return False


def read_rest(client):
    """All bytes to the end of the connection, as they are."""
    data = client.unread
    try:
        while more := client.socket.recv(65536):
            data += more
    except ConnectionError:
        pass
    return data


def must_end(client, what, act, by_itself=False):
    """by_itself: although the client still holds the connection; else what the server still waits for does not come."""
    try:
        act()
        if not by_itself:
            client.socket.shutdown(1)
        return read_rest(client)
    except (Closed, OSError) as error:
        assert not isinstance(error, TimeoutError), f"{what}: still open"
        return b""


# ---- Packets

def damaged(client):
    """Each a good packet turned bad: what, and its bytes."""
    message = bytes([IGNORE]) + string(bytes(40))

    def sealed(packet):
        return client.seal(packet)

    def flipped(at):
        data = bytearray(sealed(client.pack(message)))
        data[at] ^= 0x10
        return bytes(data)

    good = client.pack(message)
    body = good[4:]
    return {
        "seal": lambda: flipped(-1), "content": lambda: flipped(12), "length": lambda: flipped(0), "low length": lambda: flipped(3),
        "length 0": lambda: sealed(u32(0) + body), "length 1": lambda: sealed(u32(1) + body), "length 4": lambda: sealed(u32(4) + body),
        "length off by one": lambda: sealed(u32(len(body) + 1) + body), "length 2^31": lambda: sealed(u32(1 << 31) + body),
        "length 2^32 - 1": lambda: sealed(u32(0xFFFFFFFF) + body), "length 2^32 - 4": lambda: sealed(u32(0xFFFFFFFC) + body),
        "300 KiB": lambda: sealed(client.pack(bytes([IGNORE]) + string(bytes(300000)))),
        "all padding": lambda: sealed(good[:4] + b"\xff" + good[5:]), "more padding": lambda: sealed(good[:4] + bytes([len(body)]) + good[5:]),
        "no padding": lambda: sealed(client.pack(bytes([IGNORE]) + string(bytes(7)), 0)),
        "no payload": lambda: sealed(client.pack(b"")), "not a block": lambda: sealed(client.pack(bytes([IGNORE]) + string(bytes(8)), 5)),
        "garbage": lambda: os.urandom(5000), "zeros": lambda: bytes(5000), "half of it": lambda: sealed(good)[:20],
    }


@scenario
def packets_that_are_damaged(server):
    count = 0
    for cipher in CIPHERS:
        for user in (None, "ann"):
            with server.connect(user, cipher=cipher) as client:
                kinds = list(damaged(client))
            for kind in kinds:
                with server.connect(user, cipher=cipher) as client:
                    act = damaged(client)[kind]
                    # What has an odd length but a right seal may be taken, like a packet without padding.
                    must_end(client, f"{cipher}, {kind}, logged in: {user}", lambda: client.send_raw(act()),
                             kind in ("seal", "content", "length 2^31", "length 2^32 - 1", "300 KiB"))
                    count += 1
    return f"{count} packets"


@scenario
def plain_packets_that_are_damaged(server):
    with Client(server.port) as client:
        kinds = list(damaged(client))
    for kind in kinds:
        with Client(server.port) as client:
            client.say_version()
            client.read_version()
            must_end(client, kind, lambda: client.send_raw(damaged(client)[kind]()))


@scenario
def packets_of_256_kib(server):
    """libssh takes packets of up to 256 KiB: many of them, in bounded memory."""
    before = server.sessions()
    with server.connect("ann") as client:
        pid = server.wait_session(before)
        for _ in range(100):
            client.send(bytes([IGNORE]) + string(bytes(250000)))
        assert outcome(client)
        size = server.private_kib(pid)
        assert size < 8 * 1024 * (6 if IS_SANITIZED else 1), f"the session has {size} KiB"
    return f"session {size} KiB"


@scenario
def packets_byte_by_byte(server):
    with server.connect("ann") as client:
        data = client.seal(client.pack(PROBE))
        for byte in data:
            client.send_raw(bytes([byte]))
        client.expect(REQUEST_SUCCESS, REQUEST_FAILURE)


# ---- Messages

def try_messages(server, user, payloads):
    """Each message at a server in that state; returns how many ended the connection."""
    ended, client = 0, None
    for payload in payloads:
        client = client or server.connect(user)
        if user is None:
            client.ask_service()
        try:
            client.send(payload)
            alive = outcome(client) if user is not None else True
        except Closed:
            alive = False
        assert not [m for m in client.held if m[0] == CHANNEL_OPEN_CONFIRMATION], payload
        if user is None or not alive:  # a message before the login is only looked at alone
            client.close()
            client = None
            ended += not alive
    if client is not None:
        client.close()
    return ended


@scenario
def every_message_after_login(server):
    known = (DISCONNECT, GLOBAL_REQUEST, KEXINIT)  # 20 begins a new exchange of keys, in which nothing else is answered
    rounds = [b"", u32(0, 0), os.urandom(64), b"\xff" * 64] if IS_SLOW else [b"", b"\xff" * 64]
    payloads = [bytes([number]) + rest for rest in rounds for number in range(256) if number not in known]
    return f"{try_messages(server, 'ann', payloads)} of {len(payloads)} ended it"


@scenario
def every_message_before_login(server):
    rest = b"\xff" * 64
    payloads = [bytes([number]) + rest for number in range(0, 256, 1 if IS_SLOW else 3)]
    try_messages(server, None, payloads)


@scenario
def keepalives(server):
    with server.connect("ann") as client:
        for message in (bytes([IGNORE]) + string(b"x" * 100), bytes([DEBUG]) + b"\1" + string(ESCAPES) + string(b""),
                        bytes([UNIMPLEMENTED]) + u32(7), bytes([GLOBAL_REQUEST]) + string(b"keepalive@openssh.com") + b"\0"):
            client.send(*[message] * 10000)
            assert outcome(client), message
        client.send(*[PROBE] * 1000)
        for _ in range(1000):
            client.expect(REQUEST_SUCCESS, REQUEST_FAILURE)


@scenario
def farewells(server):
    for reason in (0, 2, 11, 0xFFFFFFFF):
        for words in (b"", ESCAPES * 100, b"\0", b"x" * 200000):
            with server.connect("ann") as client:
                message = bytes([DISCONNECT]) + u32(reason) + string(words) + string(b"")
                must_end(client, f"disconnect {reason}", lambda: client.send(message), True)


# ---- The key exchange

@scenario
def offers_that_are_none(server):
    def offer(lists, follows=b"\0", tail=bytes(4)):
        return bytes([KEXINIT]) + os.urandom(16) + b"".join(string(item) for item in lists) + follows + tail

    good = [b"curve25519-sha256", b"ssh-ed25519", b"aes256-ctr", b"aes256-ctr", b"hmac-sha2-256", b"hmac-sha2-256", b"none", b"none", b"", b""]
    bad = [offer([b""] * 10), offer([b"none"] * 10), offer(good)[:-9], offer(good)[:20], bytes([KEXINIT]), offer(good[:9]),
           offer([b"x" * 200000] + good[1:]), offer([b"a," * 60000] + good[1:]), offer([b",,,,"] + good[1:]), offer([b"\0"] + good[1:]),
           offer([ESCAPES] * 10), offer([b"diffie-hellman-group1-sha1"] + good[1:]), offer(good[:1] + [b"ssh-rsa"] + good[2:]),
           offer(good[:2] + [b"none", b"none"] + good[4:]), offer(good[:4] + [b"none", b"none"] + good[6:]),
           offer(good[:4] + [b"hmac-md5"] * 2 + good[6:]), offer(good[:6] + [b"zlib"] * 2 + good[8:]),
           offer(good[:1] + [b"ssh-ed25519-cert-v01@openssh.com"] + good[2:]), bytes([KEXINIT]) + bytes(16) + b"\xff\xff\xff\xff"]
    for i, message in enumerate(bad):
        with Client(server.port) as client:
            client.say_version()
            client.read_version()
            must_end(client, f"offer {i}", lambda: client.send(message))
    with Client(server.port, is_strict=False) as client:  # a guess that is right: the next packet counts
        client.say_version()
        client.read_version()
        client.my_offer = offer(good, b"\1")
        client.send(client.my_offer)
        client.read_offer()
        client.send_ecdh()
        client.read_ecdh()


@scenario
def points_that_are_none(server):
    low_order = [bytes(32), b"\1" + bytes(31), bytes.fromhex("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800"),
                 bytes.fromhex("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")]
    for point in low_order + [os.urandom(32), b"", b"\1" * 31, b"\1" * 33, b"\1" * 100000]:
        with Client(server.port) as client:
            client.say_version()
            client.read_version()
            client.send_offer()
            client.read_offer()
            rest = must_end(client, f"point {point[:8].hex()}…", lambda: client.send_ecdh(point))
            is_good = len(point) == 32 and point not in low_order
            assert (rest[5:6] == bytes([ECDH_REPLY])) == is_good, f"point {point[:8].hex()}…: {rest[:6]}"


@scenario
def steps_out_of_order(server):
    """Each is the wrong thing at its time."""
    point = bytes([ECDH_INIT]) + string(os.urandom(32))
    new_keys = bytes([NEWKEYS])
    for i, steps in enumerate(([new_keys], [point], [b"\x05" + string(b"ssh-userauth")], ["offer", new_keys], ["offer", "offer"],
                               ["offer", point, point], ["offer", point, "offer"], ["offer", point, new_keys, new_keys], ["offer", bytes([52])], ["offer", bytes([90]) + string(b"session") + u32(0, 1, 1)])):
        with Client(server.port) as client:
            client.say_version()
            client.read_version()

            def act():
                for step in steps:
                    client.send(client.offer() if step == "offer" else step)
            must_end(client, f"steps {i}", act, True)
    for _ in range(20):  # in a session: an exchange broken off in favour of commands
        with server.connect("ann") as client:
            client.send_offer()
            must_end(client, "a command within an exchange", lambda: client.send(PROBE, new_keys, point, new_keys))


@scenario
def words_between_the_steps(server):
    """With the strict exchange of keys nothing may come between its steps (Terrapin), without it anything harmless."""
    for is_strict in (True, False):
        for place in range(3):
            with Client(server.port, is_strict=is_strict) as client:
                client.say_version()
                client.read_version()
                steps = [client.send_offer, client.send_ecdh, client.send_new_keys]
                answers = [client.read_offer, client.read_ecdh, client.read_new_keys]
                try:
                    for number, (step, answer) in enumerate(zip(steps, answers)):
                        if number == place:
                            client.send(bytes([IGNORE]) + string(b"x"))
                        step()
                        answer()
                    client.log_in("ann", server.key("ann"))
                    was_ended = False
                except Closed:
                    was_ended = True
            assert was_ended == is_strict, (is_strict, place)


@scenario
def noise_in_the_exchange(server):
    """Random changes of one good exchange and login; the seed is printed."""
    seed = random.SystemRandom().randrange(1 << 32)
    noise = random.Random(seed)
    for _ in range(1000 if IS_SLOW else 150):
        with Client(server.port) as client:
            send_raw = client.send_raw

            def noisy(data):
                data = bytearray(data)
                for _ in range(noise.choice((0, 0, 1, 1, 8))):
                    data[noise.randrange(len(data))] = noise.randrange(256)
                send_raw(bytes(data))
            client.send_raw = noisy
            client.socket.settimeout(0.05)  # a length that was changed has the server wait for the rest
            try:
                client.shake_hands()
                client.log_in("ann", server.key("ann"))
                client.run("whoami")
            except Exception:  # whatever it was, for the client; the server's state is what counts
                pass
    return f"seed {seed}"


# ---- The first line

@scenario
def first_lines(server):
    for line in (b"\n", b"\r\n" * 1000, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"SSH-1.5-old\r\n", b"SSH-3.0-new\r\n", b"SSH-2.0\r\n", b"SSH-\r\n",
                 b"SSH-2.0-" + b"x" * 300 + b"\r\n", b"SSH-2.0-" + b"x" * 70000, b"x" * 70000, bytes(70000), b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
                 b"SSH-2.0-a\0b\r\n", b"PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\n", b"\r\n\r\n\0\r\nQUIT\n!\x11\x0b\0\0\0\0\0\0\0\0", b"\xff" * 300, ESCAPES * 9):
        with Client(server.port) as client:
            must_end(client, f"{line[:20]}", lambda: client.send_raw(line))
    for version in (b"SSH-1.99-both", b"SSH-2.0-" + ESCAPES, b"SSH-2.0-%s%n%x", b"SSH-2.0-" + b"x" * 200, b"SSH-2.0-\xff\xfe"):
        with Client(server.port, version=version) as client:
            try:
                client.shake_hands()
                client.log_in("ann", server.key("ann"))
            except Closed:
                pass


main()
