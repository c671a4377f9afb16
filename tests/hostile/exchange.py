"""Connections that stop at each step on the way in, or go on too slowly: the login grace time ends them all, and logins beside
them go on."""
import os
import select
import time

from client import Client, Closed, key_blob, sign, string
from server import IS_SLOW, main, scenario

GRACE_SECONDS = 2
COPIES = 10 if IS_SLOW else 2


def nothing(client):
    pass


def version(client):
    client.say_version()
    client.read_version()


def half_a_version(client):
    client.send_raw(b"SSH-2.0-hal")


def half_a_packet(client):
    version(client)
    client.send_raw(client.pack(client.offer())[:100])


def a_head_of_a_packet(client):
    version(client)
    client.send_raw(b"\0\0\x88\xb8\6")


def offer(client):
    version(client)
    client.send_offer()
    client.read_offer()


def point(client):
    offer(client)
    client.send_ecdh()
    client.read_ecdh()


def half_a_point(client):
    offer(client)
    client.send_raw(client.pack(b"\x1e" + string(bytes(32)))[:30])


def keys(client):
    point(client)
    client.send_new_keys()
    client.read_new_keys()


def service(client):
    keys(client)
    client.ask_service()


def half_a_sealed_packet(client):
    service(client)
    client.send_raw(client.seal(client.pack(client.auth_head("ann", b"password") + b"\0" + string(b"x" * 200)))[:100])


def a_question_for_a_key(client):
    service(client)
    client.send(client.auth_head("ann", b"publickey") + b"\0" + string(b"ssh-ed25519") + string(client.blob))
    client.receive()


def a_wrong_password(client):
    service(client)
    assert not client.try_password(b"ann", b"wrong")


STEPS = (nothing, half_a_version, version, a_head_of_a_packet, half_a_packet, offer, half_a_point, point, keys, service,
         half_a_sealed_packet, a_question_for_a_key, a_wrong_password)


def wait_ends(waiting, started):
    """Seconds that each connection lasted, by name; sockets are (socket, name)."""
    lasted = {}
    deadline = time.monotonic() + 60
    while waiting:
        ready, _, _ = select.select(list(waiting), [], [], max(0, deadline - time.monotonic()))
        assert ready, f"still open after 60 s: {sorted(waiting.values())}"
        for item in ready:
            try:
                if item.recv(65536):
                    continue
            except ConnectionError:
                pass
            name = waiting.pop(item)
            lasted[name] = max(lasted.get(name, 0), time.monotonic() - started)
    return lasted


@scenario
def stalls_at_each_step(server):
    blob = key_blob(server.key("ann"))
    started = time.monotonic()
    clients = []
    for step in STEPS * COPIES:
        client = Client(server.port)
        client.blob = blob
        step(client)
        clients.append((client, step.__name__))
    held = len(server.sessions())
    assert held == len(clients) or time.monotonic() - started > GRACE_SECONDS / 2, f"{held} of {len(clients)} are held"
    server.check_login("ben")
    lasted = wait_ends({client.socket: name for client, name in clients}, started)
    server.wait("their processes' end", lambda: not server.sessions())
    for client, _ in clients:
        client.close()
    return f"lasted {min(lasted.values()):.2f} to {max(lasted.values()):.2f} s, of {GRACE_SECONDS}"


@scenario
def bytes_that_trickle(server):
    """Whoever sends something all the time, but nothing that leads anywhere, has no more time than the silent."""
    started = time.monotonic()

    def one_byte(client):
        client.send_raw(client.trickle[:1])
        client.trickle = client.trickle[1:] or b"x"

    def ignore(client):
        client.send(b"\x02" + string(b""))

    def question(client):
        client.send(client.auth_head("ann", b"gssapi-with-mic") + b"\0\0\0\1" + string(bytes.fromhex("06092a864886f712010202")))

    slow = []
    for prepare, act, trickle in ((nothing, one_byte, b"SSH-2.0-" + b"x" * 240), (nothing, one_byte, b"\r\n" * 9999), (version, one_byte, None),
                                  (keys, one_byte, b"x" * 9999), (service, ignore, None), (service, question, None)):
        client = Client(server.port)
        prepare(client)
        client.trickle = trickle or client.pack(client.offer())
        slow.append((client, act))
    while slow:
        assert time.monotonic() - started < 60, f"{len(slow)} of them still go on"
        for item in list(slow):
            client, act = item
            try:
                act(client)
                client.socket.settimeout(0.02)
                try:
                    while client.read_more():
                        pass
                except TimeoutError:
                    pass
            except Closed:
                slow.remove(item)
                client.close()
    return f"lasted {time.monotonic() - started:.2f} s, of {GRACE_SECONDS}"


@scenario
def logged_in_and_silent(server):
    """The grace time is over for whoever is in: they stay."""
    with server.connect("ann") as client, Client(server.port) as silent:
        version(silent)
        wait_ends({silent.socket: "silent"}, time.monotonic())
        assert client.run("whoami")[2] == 0


main()
