"""The server's insides for tests: starts stockroomd-core as front does, and speaks as a session process, well or badly.

core = Core(program, configuration); peer = core.session(); peer.password("ann", "secret"); peer.run("whoami")
"""
import array
import os
import socket
import struct
import subprocess
import threading

HEAD = struct.Struct("<IBI")
AUTH_PASSWORD, AUTH_KEY, OPEN, INPUT, INPUT_END, CLOSE = range(1, 7)
AUTH_ANSWER, OUTPUT, ERROR_OUTPUT, EXIT, GOODBYE = range(64, 69)
CORE_SESSION, CORE_TUI, CORE_DRAIN = 1, 2, 3
FRONT_READY, FRONT_AUTHENTICATED, FRONT_REFUSED = 64, 65, 66
WAIT_SECONDS = 60


def text(value):
    value = value.encode() if isinstance(value, str) else value
    return struct.pack("<I", len(value)) + value


class Core:
    def __init__(self, program, configuration, log):
        self.control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        fd = os.dup(theirs.fileno())
        os.set_inheritable(fd, True)
        theirs.close()
        self.process = subprocess.Popen(
            [program, "serve", "-c", configuration, "--control-fd", str(fd)], pass_fds=[fd], stderr=log)
        os.close(fd)
        self.control.settimeout(WAIT_SECONDS)
        self.sessions = 0
        assert self.control.recv(512) == bytes([FRONT_READY])

    def _hand_over(self, message):
        ours, theirs = socket.socketpair()
        rights = array.array("i", [theirs.fileno()])
        self.control.sendmsg([message], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, rights)])
        theirs.close()
        ours.settimeout(WAIT_SECONDS)
        return ours

    def session(self, number=None):
        if number is None:
            self.sessions += 1
            number = self.sessions
        message = struct.pack("<BQ", CORE_SESSION, number) + text("192.0.2.7") + struct.pack("<H", 4711)
        return Peer(self._hand_over(message), number)

    def tui(self, number):
        return self._hand_over(struct.pack("<BQ", CORE_TUI, number))

    def memory_kib(self):
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as file:
            return next(int(line.split()[1]) for line in file if line.startswith("VmRSS"))

    def end(self):
        """Drain, as SIGTERM does; the exit status."""
        self.process.terminate()
        return self.process.wait(WAIT_SECONDS)


class Peer:
    def __init__(self, sock, number):
        self.sock = sock
        self.number = number
        self.buffer = bytearray()
        self.channel = 0

    def send(self, kind, channel, payload=b""):
        self.sock.sendall(HEAD.pack(len(payload), kind, channel) + payload)

    def receive(self):
        """A frame as (kind, channel, payload); None at the end."""
        while True:
            if len(self.buffer) >= HEAD.size:
                length, kind, channel = HEAD.unpack_from(self.buffer)
                if len(self.buffer) >= HEAD.size + length:
                    payload = bytes(self.buffer[HEAD.size : HEAD.size + length])
                    del self.buffer[: HEAD.size + length]
                    return kind, channel, payload
            try:
                data = self.sock.recv(1 << 18)
            except ConnectionResetError:
                return None
            if not data:
                return None
            self.buffer += data

    def password(self, user, password):
        """(accepted, message), or None when the peer was closed."""
        self.send(AUTH_PASSWORD, 0, text(user) + text(password))
        return self._answer()

    def key(self, user, kind, blob, proven):
        self.send(AUTH_KEY, 0, text(user) + text(kind) + text(blob) + bytes([proven]))
        return self._answer()

    def _answer(self):
        frame = self.receive()
        if frame is None:
            return None
        assert frame[0] == AUTH_ANSWER, frame
        return bool(frame[2][0]), frame[2][5:].decode()

    def open(self, command=None):
        self.channel += 1
        self.send(OPEN, self.channel, bytes([command is not None]) + text(command or ""))

    def collect(self):
        """Up to the exit status: (stdout, stderr, status); status is the frame when another kind came, or None."""
        out, errors = bytearray(), bytearray()
        while True:
            frame = self.receive()
            if frame is None:
                return bytes(out), bytes(errors), None
            if frame[0] == OUTPUT:
                out += frame[2]
            elif frame[0] == ERROR_OUTPUT:
                errors += frame[2]
            elif frame[0] == EXIT:
                return bytes(out), bytes(errors), struct.unpack("<I", frame[2])[0]
            else:
                return bytes(out), bytes(errors), frame

    def run(self, command, stdin=None):
        self.open(command)
        if stdin is None:
            return self.collect()
        channel = self.channel

        def feed():
            for start in range(0, len(stdin), 32768):
                self.send(INPUT, channel, stdin[start : start + 32768])
            self.send(INPUT_END, channel)

        feeder = threading.Thread(target=feed)
        feeder.start()
        result = self.collect()
        feeder.join()
        return result

    def is_closed(self):
        """Has core closed this peer? Reads what is left."""
        while self.receive() is not None:
            pass
        return True

    def close(self):
        self.sock.close()
