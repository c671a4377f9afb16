"""Connections cut at any byte, of what the client sends or of what it gets, by a reset or a close; also those of a real ssh,
through a relay. The seed is printed; HOSTILE_SEED=N plays it again."""
import os
import random
import socket
import struct
import subprocess
import threading

from client import CIPHERS, Client, Closed, string
from server import IS_SANITIZED, IS_SLOW, main, scenario

CUTS = 3000 if IS_SLOW else 300
SSH_CUTS = 300 if IS_SLOW else 40
SEED = int(os.environ.get("HOSTILE_SEED", random.SystemRandom().randrange(1 << 32)))
LINES = b"".join(b"sell A-%d 1 --ref R%d\n" % (1 + i % 20, i) for i in range(50)) + b"inventory --format json\n" * 5


class Cut(Exception):
    pass


class CutClient(Client):
    """Ends after so many bytes sent, or received."""

    def __init__(self, port, sends=None, receives=None, **options):
        super().__init__(port, **options)
        self.sends, self.receives, self.sent, self.received = sends, receives, 0, 0

    def send_raw(self, data):
        if self.sends is not None and self.sent + len(data) >= self.sends:
            super().send_raw(data[:self.sends - self.sent])
            raise Cut
        self.sent += len(data)
        super().send_raw(data)

    def read_more(self):
        if self.receives is not None:
            if self.received >= self.receives:
                raise Cut
            data = self.socket.recv(min(65536, self.receives - self.received))
        else:
            data = self.socket.recv(65536)
        if not data:
            raise Closed("end of the connection")
        self.received += len(data)
        return data

    def read_exactly(self, count):
        while len(self.unread) < count:
            self.unread += self.read_more()
        data, self.unread = self.unread[:count], self.unread[count:]
        return data


def play(client, server):
    """A whole session: login, a batch, new keys within it, a screen."""
    client.shake_hands()
    client.log_in("ann", server.key("ann"))
    channel = client.open()
    client.request(channel, b"exec", string(b"batch"))
    client.send_data(channel, LINES)
    client.exchange_keys()
    client.send_end(channel)
    client.read_all(channel)
    client.send_close(channel)
    channel = client.open()
    client.ask_terminal(channel)
    client.request(channel, b"shell")
    while b"A-1" not in client.read_data():
        pass
    client.send_data(channel, b"q")
    client.read_all(channel)


@scenario
def cuts_at_random(server):
    chance = random.Random(SEED)
    lengths = {}
    for cipher in CIPHERS:
        with CutClient(server.port, cipher=cipher) as client:
            play(client, server)
            lengths[cipher] = client.sent, client.received
    done = 0
    for _ in range(CUTS):
        cipher = chance.choice(CIPHERS)
        sends, receives = None, None
        if chance.random() < 0.7:
            sends = chance.randrange(lengths[cipher][0])
        else:
            receives = chance.randrange(lengths[cipher][1])
        client = CutClient(server.port, sends, receives, cipher=cipher)
        try:
            play(client, server)
            done += 1
        except (Cut, Closed, ConnectionError):
            pass
        if chance.random() < 0.7:
            client.reset()
        else:
            client.close()
    return f"seed {SEED}: {CUTS} cuts within {lengths[CIPHERS[0]][0]} bytes sent and {lengths[CIPHERS[0]][1]} received, {done} came too late"


class Relay:
    """Between one client and the server, until so many bytes of the client have passed."""

    def __init__(self, port, limit, is_reset):
        self.port, self.limit, self.is_reset, self.passed = port, limit, is_reset, 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.settimeout(30)
        self.thread = threading.Thread(target=self.serve)
        self.thread.start()

    def end(self, item):
        if self.is_reset:
            item.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        item.close()

    def back(self, theirs, ours):
        try:
            while data := ours.recv(65536):
                theirs.sendall(data)
            theirs.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def serve(self):
        try:
            theirs, _ = self.listener.accept()
        except OSError:
            return
        ours = socket.create_connection(("127.0.0.1", self.port))
        backwards = threading.Thread(target=self.back, args=(theirs, ours))
        backwards.start()
        try:
            while self.limit is None or self.passed < self.limit:
                data = theirs.recv(65536 if self.limit is None else min(65536, self.limit - self.passed))
                if not data:
                    break
                self.passed += len(data)
                ours.sendall(data)
        except OSError:
            pass
        ours.shutdown(socket.SHUT_RD)  # lets the other thread go
        backwards.join()
        self.end(ours)
        theirs.close()

    def finish(self):
        self.thread.join()
        self.listener.close()


def run_ssh(server, limit, is_reset):
    relay = Relay(server.port, limit, is_reset)
    subprocess.run(["ssh", "-F", f"{server.directory}/ssh_config", "-o", "BatchMode=yes", "-p", str(relay.listener.getsockname()[1]),
                    "ann@stockroom", "batch"], input=LINES, capture_output=True, timeout=60)
    relay.finish()
    return relay.passed


@scenario
def cuts_of_a_real_ssh(server):
    chance = random.Random(SEED)
    length = run_ssh(server, None, False)
    for _ in range(SSH_CUTS):
        run_ssh(server, chance.randrange(1, length), chance.random() < 0.7)
    return f"seed {SEED}: {SSH_CUTS} cuts within {length} bytes"


@scenario
def crowds_that_leave_at_once(server):
    """Fifty in the middle of a batch, gone in the same moment."""
    clients = []
    for _ in range(10 if IS_SANITIZED else 50):
        client = server.connect("ann")
        channel = client.open()
        client.request(channel, b"exec", string(b"batch"))
        client.send_data(channel, LINES * 5)
        clients.append(client)
    for client in clients:
        client.reset()


main()
