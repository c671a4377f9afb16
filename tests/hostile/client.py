"""An SSH client for tests that does what it is told, right or wrong: every message, byte and pause is the test's own.

    client = Client(port)              # connected
    client.shake_hands()               # versions, keys
    client.log_in("ann", load_key(path))
    channel = client.open()
    client.request(channel, b"exec", string(b"whoami"))
    client.send(bytes([IGNORE]) + string(b"any message at all"))

Each step can be had by itself (say_version, send_offer, …). Nothing runs beside the test: messages are read when it reads.
"""
import hashlib
import hmac
import os
import socket
import struct
import time

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, padding, rsa, utils, x25519
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.poly1305 import Poly1305
from cryptography.exceptions import InvalidTag

DISCONNECT, IGNORE, UNIMPLEMENTED, DEBUG, SERVICE_REQUEST, SERVICE_ACCEPT, EXT_INFO = range(1, 8)
KEXINIT, NEWKEYS = 20, 21
ECDH_INIT, ECDH_REPLY = 30, 31
AUTH_REQUEST, AUTH_FAILURE, AUTH_SUCCESS, AUTH_BANNER = range(50, 54)
AUTH_PK_OK = 60
GLOBAL_REQUEST, REQUEST_SUCCESS, REQUEST_FAILURE = range(80, 83)
(CHANNEL_OPEN, CHANNEL_OPEN_CONFIRMATION, CHANNEL_OPEN_FAILURE, CHANNEL_WINDOW_ADJUST, CHANNEL_DATA,
 CHANNEL_EXTENDED_DATA, CHANNEL_EOF, CHANNEL_CLOSE, CHANNEL_REQUEST, CHANNEL_SUCCESS, CHANNEL_FAILURE) = range(90, 101)

CIPHERS = ("aes256-ctr", "aes256-gcm@openssh.com", "chacha20-poly1305@openssh.com")
WAIT_SECONDS = int(os.environ.get("TEST_WAIT_SECONDS", "60"))
PACKET_MAX = 1 << 20


class Closed(Exception):
    """The server ended the connection; args[0] says how."""


def string(data):
    return struct.pack(">I", len(data)) + data


def mpint(number):
    return string(number.to_bytes(number.bit_length() // 8 + 1, "big") if number else b"")


def u32(*numbers):
    return struct.pack(f">{len(numbers)}I", *(number & 0xFFFFFFFF for number in numbers))


def take_string(data, at=0):
    (length,) = struct.unpack_from(">I", data, at)
    return data[at + 4:at + 4 + length], at + 4 + length


# ---- Keys and signatures --------------------------------------------------------------------------------------------

def load_key(path):
    with open(path, "rb") as file:
        return serialization.load_ssh_private_key(file.read(), None)


def new_key(kind):
    """ed25519, ecdsa (nistp256), rsa, rsa1024 or dsa."""
    if kind == "ed25519":
        return ed25519.Ed25519PrivateKey.generate()
    if kind == "ecdsa":
        return ec.generate_private_key(ec.SECP256R1())
    if kind == "dsa":
        return dsa.generate_private_key(1024)
    return rsa.generate_private_key(65537, 1024 if kind == "rsa1024" else 2048)


def key_line(key):
    """As key add reads it."""
    return key.public_key().public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)


def key_blob(key):
    import base64
    return base64.b64decode(key_line(key).split()[1])


def algorithm_of(key):
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return b"ssh-ed25519"
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return b"ecdsa-sha2-nistp256"
    return b"ssh-dss" if isinstance(key, dsa.DSAPrivateKey) else b"rsa-sha2-256"


def sign(key, data, algorithm=None):
    """The signature with its algorithm's name in front, as it goes into a message."""
    algorithm = algorithm or algorithm_of(key)
    if isinstance(key, ed25519.Ed25519PrivateKey):
        raw = key.sign(data)
    elif isinstance(key, ec.EllipticCurvePrivateKey):
        r, s = utils.decode_dss_signature(key.sign(data, ec.ECDSA(hashes.SHA256())))
        raw = mpint(r) + mpint(s)
    elif isinstance(key, dsa.DSAPrivateKey):
        r, s = utils.decode_dss_signature(key.sign(data, hashes.SHA1()))
        raw = r.to_bytes(20, "big") + s.to_bytes(20, "big")
    else:
        kinds = {b"rsa-sha2-256": hashes.SHA256, b"rsa-sha2-512": hashes.SHA512}
        raw = key.sign(data, padding.PKCS1v15(), kinds.get(algorithm, hashes.SHA1)())
    return string(algorithm) + string(raw)


# ---- Packets, in each of the ways to protect them -------------------------------------------------------------------

class Plain:
    """Before keys are exchanged. block: what the padded part is a multiple of; aad: bytes in front of that part."""
    block, aad, tag = 8, 0, 0

    def seal(self, packet, sequence):
        return packet

    def open_length(self, head, sequence):
        return struct.unpack(">I", head[:4])[0], head[:4]

    def open(self, head, rest, sequence):
        return rest


class CtrHmac(Plain):
    block, tag = 16, 32

    def __init__(self, key, iv, mac_key):
        self.engine = Cipher(algorithms.AES(key), modes.CTR(iv)).encryptor()
        self.mac_key = mac_key

    def mac(self, packet, sequence):
        return hmac.new(self.mac_key, u32(sequence) + packet, hashlib.sha256).digest()

    def seal(self, packet, sequence):
        return self.engine.update(packet) + self.mac(packet, sequence)

    def open_length(self, head, sequence):
        plain = self.engine.update(head)
        return struct.unpack(">I", plain)[0], plain

    def open(self, head, rest, sequence):
        plain = self.engine.update(rest[:-self.tag])
        if self.mac(head + plain, sequence) != rest[-self.tag:]:
            raise InvalidTag
        return plain


class Gcm(Plain):
    block, aad, tag = 16, 4, 16

    def __init__(self, key, iv, mac_key):
        self.engine, self.iv = AESGCM(key), iv[:12]

    def next_iv(self):
        iv = self.iv
        count = (struct.unpack(">Q", iv[4:])[0] + 1) & (2**64 - 1)
        self.iv = iv[:4] + struct.pack(">Q", count)
        return iv

    def seal(self, packet, sequence):
        return packet[:4] + self.engine.encrypt(self.next_iv(), packet[4:], packet[:4])

    def open(self, head, rest, sequence):
        return self.engine.decrypt(self.next_iv(), rest, head)


class ChaCha(Plain):
    block, aad, tag = 8, 4, 16

    def __init__(self, key, iv, mac_key):
        self.main, self.lengths = key[:32], key[32:]

    def stream(self, key, sequence, data, skip):
        engine = Cipher(algorithms.ChaCha20(key, struct.pack("<Q", 0) + struct.pack(">Q", sequence)), None).encryptor()
        if skip:
            pad = engine.update(bytes(64))
            return engine.update(data), pad[:32]
        return engine.update(data), None

    def seal(self, packet, sequence):
        head, _ = self.stream(self.lengths, sequence, packet[:4], False)
        body, poly = self.stream(self.main, sequence, packet[4:], True)
        return head + body + Poly1305.generate_tag(poly, head + body)

    def open_length(self, head, sequence):
        plain, _ = self.stream(self.lengths, sequence, head, False)
        return struct.unpack(">I", plain)[0], head

    def open(self, head, rest, sequence):
        plain, poly = self.stream(self.main, sequence, rest[:-self.tag], True)
        if Poly1305.generate_tag(poly, head + rest[:-self.tag]) != rest[-self.tag:]:
            raise InvalidTag
        return plain


PROTECTIONS = {"aes256-ctr": (CtrHmac, 32), "aes256-gcm@openssh.com": (Gcm, 32), "chacha20-poly1305@openssh.com": (ChaCha, 64)}


# ---- The client -----------------------------------------------------------------------------------------------------

class Client:
    def __init__(self, port, cipher=CIPHERS[0], version=b"SSH-2.0-hostile", receive_buffer=None, is_strict=True):
        self.cipher, self.version, self.is_strict = cipher, version, is_strict
        self.socket = socket.socket()
        if receive_buffer is not None:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(WAIT_SECONDS)
        self.socket.connect(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.unread = b""
        self.opened = None  # the head of a packet whose rest has not come
        self.server_version = None
        self.session_id = None
        self.held = []  # read in passing, while something else was waited for
        self.out, self.out_sequence = Plain(), 0
        self.into, self.in_sequence = Plain(), 0
        self.next_channel = 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def reset(self):
        """Gone without a goodbye: the server gets a RST."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    # ---- bytes

    def send_raw(self, data):
        try:
            self.socket.sendall(data)
        except (ConnectionError, socket.timeout) as error:
            raise Closed(f"while writing: {error}") from error

    def read_exactly(self, count):
        while len(self.unread) < count:
            try:
                data = self.socket.recv(65536)
            except ConnectionError as error:
                raise Closed(str(error)) from error
            if not data:
                raise Closed("end of the connection")
            self.unread += data
        data, self.unread = self.unread[:count], self.unread[count:]
        return data

    def wait_closed(self, seconds=WAIT_SECONDS):
        """Read until the server ends the connection; returns the words of its disconnect message, if there were any."""
        deadline = time.monotonic() + seconds
        words = b""
        try:
            while time.monotonic() < deadline:
                self.socket.settimeout(max(0.01, deadline - time.monotonic()))
                message = self.receive()
                if message[0] == DISCONNECT:
                    words, _ = take_string(message, 5)
        except Closed:
            return words
        except socket.timeout:
            pass
        raise AssertionError(f"the connection is still open after {seconds} s")

    # ---- packets

    def pack(self, payload, pad=None):
        """Length, padding length, payload, padding; pad: that many bytes of it instead of the right number."""
        if pad is None:
            pad = -(5 - self.out.aad + len(payload)) % self.out.block
            pad += self.out.block if pad < 4 else 0
        return u32(1 + len(payload) + pad) + bytes([pad]) + payload + os.urandom(pad)

    def seal(self, packet):
        data = self.out.seal(packet, self.out_sequence)
        self.out_sequence = (self.out_sequence + 1) & 0xFFFFFFFF
        return data

    def send(self, *payloads):
        self.send_raw(b"".join(self.seal(self.pack(payload)) for payload in payloads))

    def receive(self):
        """The next message. InvalidTag when it was not protected as agreed. A timeout leaves it for the next call."""
        if self.opened is None:
            self.opened = self.into.open_length(self.read_exactly(4), self.in_sequence)
        length, head = self.opened
        if length > PACKET_MAX:
            raise InvalidTag
        packet = self.into.open(head, self.read_exactly(length + self.into.tag), self.in_sequence)
        self.opened = None
        self.in_sequence = (self.in_sequence + 1) & 0xFFFFFFFF
        return packet[1:len(packet) - packet[0]]

    def expect(self, *types):
        """The next message of one of the types; others that may come at any time are held or dropped."""
        for i, message in enumerate(self.held):
            if message[0] in types:
                return self.held.pop(i)
        while True:
            message = self.receive()
            if message[0] in types:
                return message
            if message[0] == DISCONNECT:
                raise Closed(take_string(message, 5)[0].decode(errors="replace"))
            if message[0] not in (IGNORE, DEBUG, EXT_INFO, AUTH_BANNER, GLOBAL_REQUEST):
                self.held.append(message)

    # ---- the beginning

    def say_version(self):
        self.send_raw(self.version + b"\r\n")

    def read_version(self):
        while b"\n" not in self.unread:
            self.unread += self.read_more()
        line, self.unread = self.unread.split(b"\n", 1)
        self.server_version = line.rstrip(b"\r")
        if not self.server_version.startswith(b"SSH-2.0-"):
            raise Closed(self.server_version.decode(errors="replace"))

    def read_more(self):
        try:
            data = self.socket.recv(65536)
        except ConnectionError as error:
            raise Closed(str(error)) from error
        if not data:
            raise Closed("end of the connection")
        return data

    def offer(self):
        cipher = self.cipher.encode()
        kex = b"curve25519-sha256" + (b",kex-strict-c-v00@openssh.com" if self.is_strict else b"")
        lists = [kex, b"ssh-ed25519", cipher, cipher, b"hmac-sha2-256", b"hmac-sha2-256", b"none", b"none", b"", b""]
        return bytes([KEXINIT]) + os.urandom(16) + b"".join(string(item) for item in lists) + bytes(5)

    def send_offer(self):
        self.my_offer = self.offer()
        self.send(self.my_offer)

    def read_offer(self):
        self.server_offer = self.expect(KEXINIT)

    def send_ecdh(self, public=None):
        self.secret = x25519.X25519PrivateKey.generate()
        self.public = public if public is not None else self.secret.public_key().public_bytes(
            serialization.Encoding.Raw, serialization.PublicFormat.Raw)
        self.send(bytes([ECDH_INIT]) + string(self.public))

    def read_ecdh(self):
        reply = self.expect(ECDH_REPLY)
        host_key, at = take_string(reply, 1)
        server_public, at = take_string(reply, at)
        shared = self.secret.exchange(x25519.X25519PublicKey.from_public_bytes(server_public))
        self.shared = mpint(int.from_bytes(shared, "big"))
        self.exchange_hash = hashlib.sha256(
            string(self.version) + string(self.server_version) + string(self.my_offer) + string(self.server_offer) +
            string(host_key) + string(self.public) + string(server_public) + self.shared).digest()
        self.session_id = self.session_id or self.exchange_hash
        raw, _ = take_string(take_string(reply, at)[0], 4 + len(b"ssh-ed25519"))
        ed25519.Ed25519PublicKey.from_public_bytes(host_key[-32:]).verify(raw, self.exchange_hash)

    def derive(self, letter, length):
        key = b""
        while len(key) < length:
            seed = key if key else letter + self.session_id
            key += hashlib.sha256(self.shared + self.exchange_hash + seed).digest()
        return key[:length]

    def protection(self, letters):
        kind, key_bytes = PROTECTIONS[self.cipher]
        return kind(self.derive(letters[1], key_bytes), self.derive(letters[0], 16), self.derive(letters[2], 32))

    def send_new_keys(self):
        self.send(bytes([NEWKEYS]))
        self.out = self.protection((b"A", b"C", b"E"))
        if self.is_strict:
            self.out_sequence = 0

    def read_new_keys(self):
        self.expect(NEWKEYS)
        self.into = self.protection((b"B", b"D", b"F"))
        if self.is_strict:
            self.in_sequence = 0

    def exchange_keys(self):
        self.send_offer()
        self.read_offer()
        self.send_ecdh()
        self.read_ecdh()
        self.send_new_keys()
        self.read_new_keys()

    def shake_hands(self):
        self.say_version()
        self.read_version()
        self.exchange_keys()
        return self

    # ---- logging in

    def ask_service(self, name=b"ssh-userauth"):
        self.send(bytes([SERVICE_REQUEST]) + string(name))
        return self.expect(SERVICE_ACCEPT)

    def auth_head(self, user, method):
        user = user if isinstance(user, bytes) else user.encode()
        return bytes([AUTH_REQUEST]) + string(user) + string(b"ssh-connection") + string(method)

    def answer(self):
        """The server's answer to an attempt: True, or False."""
        return self.expect(AUTH_SUCCESS, AUTH_FAILURE)[0] == AUTH_SUCCESS

    def try_password(self, user, password):
        self.send(self.auth_head(user, b"password") + b"\0" + string(password))
        return self.answer()

    def key_request(self, user, key, algorithm=None, blob=None):
        """What is signed, without the session's number in front."""
        algorithm = algorithm or algorithm_of(key)
        return (self.auth_head(user, b"publickey") + b"\1" + string(algorithm) +
                string(key_blob(key) if blob is None else blob))

    def try_key(self, user, key, algorithm=None):
        request = self.key_request(user, key, algorithm)
        self.send(request + string(sign(key, string(self.session_id) + request, algorithm)))
        return self.answer()

    def log_in(self, user, key):
        self.ask_service()
        if not self.try_key(user, key):
            raise AssertionError(f"{user} was not let in")
        return self

    # ---- channels

    def send_open(self, window=1 << 21, packet=32768, kind=b"session", extra=b""):
        number = self.next_channel
        self.next_channel += 1
        self.send(bytes([CHANNEL_OPEN]) + string(kind) + u32(number, window, packet) + extra)
        return number

    def open(self, window=1 << 21, packet=32768):
        """The server's number of a new channel. Its window for us stays in self.window."""
        self.send_open(window, packet)
        message = self.expect(CHANNEL_OPEN_CONFIRMATION, CHANNEL_OPEN_FAILURE)
        if message[0] == CHANNEL_OPEN_FAILURE:
            raise AssertionError("the channel was refused")
        _, number, self.window, self.packet = struct.unpack_from(">4I", message, 1)
        return number

    def send_request(self, channel, name, data=b"", wants_reply=True):
        self.send(bytes([CHANNEL_REQUEST]) + u32(channel) + string(name) + bytes([wants_reply]) + data)

    def request(self, channel, name, data=b""):
        self.send_request(channel, name, data)
        return self.expect(CHANNEL_SUCCESS, CHANNEL_FAILURE)[0] == CHANNEL_SUCCESS

    def ask_terminal(self, channel, term=b"xterm", columns=80, rows=24):
        return self.request(channel, b"pty-req", string(term) + u32(columns, rows, 0, 0) + string(b"\0"))

    def send_data(self, channel, data):
        self.send(bytes([CHANNEL_DATA]) + u32(channel) + string(data))

    def send_end(self, channel):
        self.send(bytes([CHANNEL_EOF]) + u32(channel))

    def send_close(self, channel):
        self.send(bytes([CHANNEL_CLOSE]) + u32(channel))

    def adjust(self, channel, count):
        self.send(bytes([CHANNEL_WINDOW_ADJUST]) + u32(channel, count))

    def read_data(self):
        """The next bytes of output, b"" at its end."""
        message = self.expect(CHANNEL_DATA, CHANNEL_EXTENDED_DATA, CHANNEL_EOF, CHANNEL_CLOSE)
        if message[0] == CHANNEL_DATA:
            return take_string(message, 5)[0]
        return take_string(message, 9)[0] if message[0] == CHANNEL_EXTENDED_DATA else b""

    def read_all(self, channel=None):
        """(stdout, stderr, exit status) of what runs, read to its close; the window is kept open when channel is given."""
        out, err, status = b"", b"", None
        while True:
            message = self.expect(CHANNEL_DATA, CHANNEL_EXTENDED_DATA, CHANNEL_EOF, CHANNEL_CLOSE, CHANNEL_REQUEST)
            if message[0] == CHANNEL_CLOSE:
                return out, err, status
            if message[0] == CHANNEL_DATA:
                data = take_string(message, 5)[0]
                out += data
            elif message[0] == CHANNEL_EXTENDED_DATA:
                data = take_string(message, 9)[0]
                err += data
            elif message[0] == CHANNEL_REQUEST and take_string(message, 5)[0] == b"exit-status":
                status = struct.unpack(">I", message[-4:])[0]
                continue
            else:
                continue
            if channel is not None and data:
                self.adjust(channel, len(data))

    def run(self, command, stdin=b""):
        channel = self.open()
        command = command if isinstance(command, bytes) else command.encode()
        if not self.request(channel, b"exec", string(command)):
            raise AssertionError(f"refused: {command!r}")
        if stdin:
            self.send_data(channel, stdin)
        self.send_end(channel)
        result = self.read_all(channel)
        self.send_close(channel)
        return result
