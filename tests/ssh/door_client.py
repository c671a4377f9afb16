"""What knocks at the server's door, for tests of it: from any local address, with any PROXY header.

    door_client.py knock PORT FROM [HEADER]      send the header and nothing more; print what comes until the end
    door_client.py look PORT FROM [HEADER]       the same, but leave after the first line
    door_client.py hold PORT FROM COUNT [HEADER] COUNT connections; print each one's first line, unless HEADER is
                                                 text:P, the half of one; leave at the end of stdin
    door_client.py seconds PORT FROM             look until let in; print the seconds told meanwhile, a line each
    door_client.py relay PORT FROM HOW HEADER    for ssh's ProxyCommand; HOW: plain, split (a packet a byte) or joined
                                                 (header and the client's first words in one packet)

HEADER: v1:ADDRESS, v2:ADDRESS, v1:unknown, v2:local, or text:BYTES with Python's escapes.
"""
import array
import fcntl
import ipaddress
import os
import re
import select
import socket
import struct
import sys
import termios

SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
PORTS = (55555, 22)
SECONDS = 60
HALF = "text:P"


def header_of(text):
    version, what = text.split(":", 1)
    if version == "text":
        return what.encode().decode("unicode_escape").encode("latin-1")
    if what == "unknown":
        return b"PROXY UNKNOWN\r\n"
    if what == "local":
        return SIGNATURE + b"\x20\0\0\0"
    address = ipaddress.ip_address(what)
    if version == "v1":
        return b"PROXY TCP%d %s %s %d %d\r\n" % ((address.version, what.encode(), what.encode()) + PORTS)
    body = address.packed * 2 + struct.pack(">HH", *PORTS)
    return SIGNATURE + struct.pack(">BBH", 0x21, 0x11 if address.version == 4 else 0x21, len(body)) + body


def connect(port, source):
    sock = socket.create_connection(("127.0.0.1", int(port)), SECONDS, (source, 0))
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return sock


def first_line(sock):
    line = b""
    while not line.endswith(b"\n"):
        try:
            byte = sock.recv(1)
        except ConnectionResetError:
            break
        if not byte:
            break
        line += byte
    return line.decode("latin-1").strip() or "(nothing)"


def knock(port, source, header="text:"):
    sock = connect(port, source)
    sock.sendall(header_of(header))
    try:
        while data := sock.recv(65536):
            sys.stdout.buffer.write(data)
    except ConnectionResetError:
        pass


def look(port, source, header="text:"):
    sock = connect(port, source)
    sock.sendall(header_of(header))
    print(first_line(sock))


def hold(port, source, count, header="text:"):
    socks = [connect(port, source) for _ in range(int(count))]
    for sock in socks:
        sock.sendall(header_of(header))
    for sock in [] if header == HALF else socks:
        print(first_line(sock), flush=True)
    print("held", flush=True)
    sys.stdin.read()


def seconds(port, source):
    while True:
        line = first_line(connect(port, source))
        if line.startswith("SSH-"):
            return
        print(re.fullmatch(r"Too many failed attempts from your address, try again in (\d+) seconds", line)[1])


def wait_received(sock):
    """The other side's kernel has all that was sent: the next byte is in a packet of its own."""
    waiting = array.array("i", [1])
    while waiting[0]:
        fcntl.ioctl(sock, termios.TIOCOUTQ, waiting)


def send_header(sock, how, header):
    if how == "joined":
        sock.sendall(header + os.read(0, 65536))
    elif how == "split":
        for at in range(len(header)):
            sock.sendall(header[at:at + 1])
            wait_received(sock)
    else:
        sock.sendall(header)


def relay(port, source, how, header):
    sock = connect(port, source)
    send_header(sock, how, header_of(header))
    sock.settimeout(None)
    while True:
        ready = select.select([0, sock], [], [])[0]
        if 0 in ready:
            data = os.read(0, 65536)
            if not data:
                return
            sock.sendall(data)
        if sock in ready:
            data = sock.recv(65536)
            if not data:
                return
            while data:
                data = data[os.write(1, data):]


{"knock": knock, "look": look, "hold": hold, "seconds": seconds, "relay": relay}[sys.argv[1]](*sys.argv[2:])
