"""Logging in with what opens nothing: keys and signatures that are wrong in every way, names, passwords, methods. Each attempt
is answered at once, by a refusal or by the end of the connection, and counted; none opens anything."""
import base64
import os
import subprocess
import tempfile

from client import (AUTH_FAILURE, AUTH_PK_OK, AUTH_REQUEST, AUTH_SUCCESS, CHANNEL_OPEN_CONFIRMATION, EXT_INFO, Client, Closed,
                    algorithm_of, key_blob, key_line, mpint, new_key, sign, string, take_string, u32)
from server import main, scenario

ESCAPES = b"\x1b]0;owned\x07\x1b[2J\xc2\x9b31m\xe2\x80\xae"
REFUSED, ENDED = "refused", "ended"


def attempt(server, act, before_auth=True):
    """(what came of it, the words of the end). act sends something that the server has to answer by itself."""
    with server.connect() as client:
        if before_auth:
            client.ask_service()
        try:
            act(client)
            message = client.expect(AUTH_SUCCESS, AUTH_FAILURE, AUTH_PK_OK)
        except Closed as end:
            return ENDED, str(end)
        assert message[0] == AUTH_FAILURE, f"answered by {message[0]}"
        return REFUSED, ""


def check(server, name, act, *expected):
    outcome, words = attempt(server, act)
    assert outcome in expected, f"{name}: {outcome} {words}"
    return words


def asks(user, algorithm, blob):
    """Would you take this key?"""
    return lambda client: client.send(client.auth_head(user, b"publickey") + b"\0" + string(algorithm) + string(blob))


def signs(user, key, signature, algorithm=None, blob=None):
    """Sends a request with what signature(session id, request) returns."""
    def act(client):
        request = client.key_request(user, key, algorithm, blob)
        client.send(request + string(signature(string(client.session_id), request)))
    return act


# ---- Keys and signatures

def wrong_signatures(key):
    other, good = new_key("ed25519"), algorithm_of(key)

    def raw(signature):
        return take_string(signature, 4 + len(take_string(signature)[0]))[0]

    return {
        "another session": lambda session, request: sign(key, string(os.urandom(32)) + request),
        "no session": lambda session, request: sign(key, request),
        "other data": lambda session, request: sign(key, b"data"),
        "another user's": lambda session, request: sign(key, session + request.replace(b"ann", b"ben")),
        "another key's": lambda session, request: sign(other, session + request),
        "one bit": lambda session, request: sign(key, session + request)[:-1] + bytes([sign(key, session + request)[-1] ^ 1]),
        "cut": lambda session, request: sign(key, session + request)[:-9],
        "only its name": lambda session, request: string(good),
        "nothing": lambda session, request: b"",
        "no bytes": lambda session, request: string(good) + string(b""),
        "zeros": lambda session, request: string(good) + string(bytes(len(raw(sign(key, b""))))),
        "zero numbers": lambda session, request: string(good) + string(mpint(0) + mpint(0)),
        "another name": lambda session, request: string(b"ssh-foo") + string(raw(sign(key, session + request))),
        "a long name": lambda session, request: string(ESCAPES * 1000) + string(raw(sign(key, session + request))),
        "too long": lambda session, request: string(good) + string(raw(sign(key, session + request)) + b"x" * 5000),
        "length of 2^32": lambda session, request: string(good) + b"\xff\xff\xff\xff",
        "SHA-1": lambda session, request: sign(key, session + request, b"ssh-rsa") if good.startswith(b"rsa") else b"\0\0\0\0",
    }


@scenario
def signatures_that_are_wrong(server):
    """By keys that are ann's: had the signature been right, they would have opened."""
    count = 0
    keys = {kind: new_key(kind) for kind in ("ed25519", "ecdsa", "rsa")}
    for key in keys.values():
        with server.connect("ann") as client:
            _, err, status = client.run("key add", key_line(key) + b"\n")
            assert status == 0, err
    for kind, key in keys.items():
        for name, signature in wrong_signatures(key).items():
            check(server, f"{kind}, {name}", signs("ann", key, signature), REFUSED, ENDED)
            count += 1
        with server.connect() as client:  # and the right one does
            client.log_in("ann", key)
    with server.connect() as client:
        client.ask_service()
        assert client.try_key("ann", keys["rsa"], b"rsa-sha2-512")
    return f"{count} attempts"


@scenario
def signatures_by_the_hundred(server):
    """None of a hundred at once is left out of the count: the first ends it."""
    key = server.key("ann")
    with server.connect() as client:
        client.ask_service()
        request = client.key_request("ann", key)
        client.send(*[request + string(sign(key, b"other"))] * 100)
        words = client.wait_closed()
    assert b"signature" in words, words


@scenario
def keys_that_are_not_taken(server):
    count = 0
    point = key_blob(new_key("ecdsa"))[-69:]
    for kind in ("rsa1024", "dsa", "ed25519", "ecdsa", "rsa"):
        key = new_key(kind)
        check(server, f"asked for {kind}", asks("ann", algorithm_of(key), key_blob(key)), REFUSED)
        check(server, f"by {kind}", signs("ann", key, lambda session, request, key=key: sign(key, session + request)), REFUSED, ENDED)
        count += 2
    for name, blob in ((b"sk-ssh-ed25519@openssh.com", string(os.urandom(32)) + string(b"ssh:")),
                       (b"sk-ecdsa-sha2-nistp256@openssh.com", string(b"nistp256") + point + string(b"ssh:")),
                       (b"ssh-foo", string(b"x" * 32)), (b"ssh-ed448", string(b"x" * 57)), (b"ssh-ed25519", b""),
                       (b"ssh-ed25519", string(b"x" * 31)), (b"ssh-ed25519", string(b"x" * 33)), (b"ssh-ed25519", b"\xff\xff\xff\xff"),
                       (b"ssh-rsa", mpint(0) + mpint(0)), (b"ssh-rsa", mpint(3) + mpint(1 << 16384)), (b"ssh-rsa", mpint(1 << 40000) + mpint(9)),
                       (b"ecdsa-sha2-nistp256", string(b"nistp256") + string(b"\4" + bytes(64))),
                       (b"ecdsa-sha2-nistp256", string(b"nistp521") + point), (b"ecdsa-sha2-nistp256", string(b"nistp256") + string(b"\0")),
                       (ESCAPES, ESCAPES), (b"", b""), (b"x" * 30000, b"y" * 200000)):
        blob = string(name) + blob
        check(server, f"asked for {name[:20]}", asks("ann", name, blob), REFUSED, ENDED)
        check(server, f"by {name[:20]}", signs("ann", server.key("ann"), lambda *_: string(b"ssh-ed25519") + string(bytes(64)), name, blob),
              REFUSED, ENDED)
        count += 2
    return f"{count} attempts"


@scenario
def keys_cut_anywhere(server):
    """ann's own key and signature, cut short, and one kind said where another is."""
    key = server.key("ann")
    blob = key_blob(key)
    for cut in range(0, len(blob), 3):
        check(server, f"cut at {cut}", asks("ann", b"ssh-ed25519", blob[:cut]), REFUSED, ENDED)
    for algorithm in (b"ssh-rsa", b"rsa-sha2-256", b"ecdsa-sha2-nistp256", b"ssh-ed25519-cert-v01@openssh.com", b"", b"\0"):
        check(server, f"said to be {algorithm}", signs("ann", key, lambda session, request: string(algorithm) + string(bytes(64)),
                                                     algorithm, blob), REFUSED, ENDED)


@scenario
def certificates(server):
    """libssh does not check them; so they open nothing, not even by a key that does."""
    with tempfile.TemporaryDirectory() as folder:
        def run(*arguments):
            subprocess.run(arguments, check=True, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", "ca")
        run("cp", f"{server.directory}/keys/ann.pub", "ann.pub")
        run("ssh-keygen", "-q", "-s", "ca", "-I", "id", "-n", "ann,admin", "ann.pub")
        with open(f"{folder}/ann-cert.pub", "rb") as file:
            blob = base64.b64decode(file.read().split()[1])
    name, key = b"ssh-ed25519-cert-v01@openssh.com", server.key("ann")
    check(server, "asked for a certificate", asks("ann", name, blob), REFUSED)
    check(server, "by a certificate", signs("ann", key, lambda session, request: sign(key, session + request), name, blob), REFUSED, ENDED)
    for cut in range(0, len(blob), 17):
        check(server, f"a certificate cut at {cut}", asks("ann", name, blob[:cut]), REFUSED, ENDED)


# ---- Names, passwords, methods

def with_password(user, password, service=b"ssh-connection", change=b"\0"):
    return lambda client: client.send(bytes([AUTH_REQUEST]) + string(user) + string(service) + string(b"password") + change +
                                      string(password))


@scenario
def names(server):
    good = b"password-of-ann"
    for user in (b"", b"-", b"\0ann", b"ann\n", b"ann ", b" ann", b"ANN", b"ann\x1b[2J", ESCAPES, b"\xff\xfe\xfd", b"ann\xe2\x80\xae",
                 b"a" * 33, b"a" * 65536, b"a" * 200000, b"'; DROP TABLE users; --", b"%s%n%x", b"../../etc/passwd", b"ann:role"):
        check(server, f"{user[:20]}", with_password(user, good), REFUSED)
        key = server.key("ann")
        check(server, f"{user[:20]}, by key", signs(user, key, lambda session, request: sign(key, session + request)), REFUSED, ENDED)


@scenario
def names_that_change(server):
    """Who began as someone else cannot go on as ann, with all of ann's secrets."""
    for first in (b"ben", b"nobody", b"", b"x" * 5000):
        with server.connect() as client:
            client.ask_service()
            assert not client.try_password(first, b"wrong")
            assert not client.try_password(b"ann", b"password-of-ann")
            assert not client.try_key("ann", server.key("ann"))


@scenario
def passwords(server):
    good = b"password-of-ann"
    for password in (b"", b"\0", b"\0" + good, good[:-1], good + b"x", good.upper(), b"x" * 1024, b"x" * 1025, b"\0" * 1024,
                     ESCAPES, b"\xff" * 100, good + b"x" * 100000, b"x\0" * 60000, b"%s%n"):
        check(server, f"{password[:20]}", with_password(b"ann", password), REFUSED)
    check(server, "1 MiB", with_password(b"ann", b"x\0" * (1 << 19)), ENDED)  # longer than a packet may be
    check(server, "a wish to change it", with_password(b"ann", b"wrong", change=b"\1"), REFUSED, ENDED)
    check(server, "another service", with_password(b"ann", b"wrong", service=b"ssh-userauth"), REFUSED, ENDED)


@scenario
def six_tries(server):
    for act in (lambda client, number: client.try_password(b"ann", b"wrong"),
                lambda client, number: client.try_password(b"nobody%d" % number, b"wrong"),
                lambda client, number: client.try_key("ann", new_key("ed25519")),
                lambda client, number: (client.try_password(b"ann", b"wrong") if number % 2 else client.try_key("ann", new_key("ecdsa")))):
        with server.connect() as client:
            client.ask_service()
            for number in range(6):
                assert not act(client, number)
            words = client.wait_closed()  # by itself: the client does not send a seventh
            assert b"Too many" in words, words
    with server.connect() as client:  # all at once, and the right one at the end
        client.ask_service()
        head = client.auth_head("ann", b"password") + b"\0"
        client.send(*[head + string(b"wrong")] * 20, head + string(b"password-of-ann"))
        try:
            while True:  # the words of the end may be lost: what the server has not read makes a reset of it
                assert client.receive()[0] != AUTH_SUCCESS
        except Closed:
            pass


@scenario
def questions_for_keys(server):
    """A client may ask for some of its keys, not for thousands."""
    asked = 0
    with server.connect() as client:
        client.ask_service()
        try:
            while asked < 1000:
                asks("ann", b"ssh-ed25519", key_blob(new_key("ed25519")))(client)
                assert client.expect(AUTH_FAILURE, AUTH_PK_OK)[0] == AUTH_FAILURE
                asked += 1
        except Closed:
            pass
    assert 20 <= asked < 40, asked


@scenario
def methods(server):
    """What is not offered: refused, and not for ever."""
    for method, rest in ((b"none", b""), (b"keyboard-interactive", string(b"") + string(b"pam")), (b"hostbased", string(b"x") * 5),
                         (b"gssapi-with-mic", u32(1) + string(bytes.fromhex("06092a864886f712010202"))),
                         (b"gssapi-with-mic", u32(100) + b"x"), (b"gssapi-with-mic", u32(0xFFFFFFFF)), (b"frobnicate", b""),
                         (b"", b""), (b"password\0", b"\0" + string(b"wrong")), (ESCAPES * 1000, ESCAPES), (b"p" * 100000, b""),
                         (b"keyboard-interactive", b""), (b"password", b""), (b"publickey", b""), (b"publickey", b"\1")):
        answers = 0
        with server.connect() as client:
            client.ask_service()
            try:
                while answers < 100:
                    client.send(client.auth_head("ann", method) + rest)
                    assert client.expect(AUTH_FAILURE, AUTH_SUCCESS)[0] == AUTH_FAILURE, method
                    answers += 1
            except Closed:
                pass
        # A refusal may overtake the end by a few; for gssapi libssh itself answers, until the grace time is over.
        assert answers < 100 or method == b"gssapi-with-mic", f"{method[:20]}: {answers} answers"


@scenario
def answers_that_were_not_asked_for(server):
    """The server's own words from a client's mouth, and steps left out: it is let into nothing."""
    before_login = [bytes([AUTH_SUCCESS]), bytes([AUTH_PK_OK]) + string(b"ssh-ed25519") + string(b""), bytes([61]) + u32(1) + string(b"x"),
                    bytes([61]) + u32(0xFFFFFFFF), bytes([60]) + string(b"x"), bytes([66]) + string(b"x"), bytes([AUTH_FAILURE]) + string(b"") + b"\1",
                    bytes([6]) + string(b"ssh-connection"), bytes([5]) + string(b"ssh-connection"), bytes([5]) + string(b"\0"),
                    bytes([EXT_INFO]) + u32(0xFFFFFFFF), bytes([EXT_INFO]) + u32(1) + string(b"server-sig-algs") + string(b"ssh-dss")]
    for with_service in (False, True):
        for message in before_login:
            with server.connect() as client:
                try:
                    if with_service:
                        client.ask_service()
                    client.send(message)
                    client.send_open()
                    client.send(bytes([98]) + u32(0) + string(b"exec") + b"\1" + string(b"whoami"))
                    client.send(bytes([80]) + string(b"keepalive@openssh.com") + b"\1")
                    client.socket.settimeout(0.2)
                    while True:
                        assert client.receive()[0] != CHANNEL_OPEN_CONFIRMATION, message
                except (Closed, TimeoutError):
                    pass


@scenario
def login_twice(server):
    """Who is in does not become someone else."""
    with server.connect("ann") as client:
        request = client.key_request("ben", server.key("ben"))
        client.send(request + string(sign(server.key("ben"), string(client.session_id) + request)))
        client.send(client.auth_head("ben", b"password") + b"\0" + string(b"password-of-ben"))
        try:
            out, _, _ = client.run("whoami")
        except Closed:
            return "ended"
        assert b"ann" in out and b"ben" not in out, out
        return "no notice was taken"


main()
