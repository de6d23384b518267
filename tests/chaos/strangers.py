"""Strangers: peers without a certificate, or that do not even speak the protocol.

Each function troubles one address for some seconds and returns how much it got rid of. None of
them may cost an honest UE more than its share."""

import os
import socket
import struct
import time

GREETING = b"\xff" + b"\0" * 8 + b"\x7f\x03\x00" + b"NULL".ljust(20, b"\0") + b"\0" * 32


def connect(port):
    s = socket.create_connection(("127.0.0.1", port), timeout=1)
    s.settimeout(0.2)
    return s


def send_garbage(port, seconds, rng):
    """Random bytes as fast as they go, over new connections as they are cut off."""
    end, sent = time.monotonic() + seconds, 0
    while time.monotonic() < end:
        try:
            with connect(port) as s:
                while time.monotonic() < end:
                    sent += s.send(rng.randbytes(4096))
        except OSError:
            pass
    return sent


def stay_silent(port, seconds, count=500):
    """Connections that say nothing, held open."""
    held = []
    end = time.monotonic() + seconds
    try:
        while len(held) < count and time.monotonic() < end:
            held.append(connect(port))
    except OSError:
        pass
    time.sleep(max(0, end - time.monotonic()))
    for s in held:
        s.close()
    return len(held)


def come_and_go(port, seconds):
    """Connections that are opened and closed at once."""
    end, opened = time.monotonic() + seconds, 0
    while time.monotonic() < end:
        try:
            connect(port).close()
            opened += 1
        except OSError:
            pass
    return opened


def ready_command(identity):
    name, value = b"Identity", identity
    body = b"\x05READY" + b"\x0bSocket-Type" + struct.pack(">I", 6) + b"DEALER" + \
        bytes([len(name)]) + name + struct.pack(">I", len(value)) + value
    return bytes([4, len(body)]) + body


def speak_zmtp(port, seconds, rng):
    """Handshakes of a DEALER that names its own identity, in the form that ROUTER sockets give
    theirs, followed by frames whose length is a lie."""
    end, shaken = time.monotonic() + seconds, 0
    while time.monotonic() < end:
        try:
            with connect(port) as s:
                s.sendall(GREETING)
                s.recv(64)
                s.sendall(ready_command(b"\0" + rng.randbytes(4)))
                s.recv(256)
                s.sendall(b"\x02" + struct.pack(">Q", rng.choice([1 << 21, 1 << 40, (1 << 63) - 1])))
                s.sendall(rng.randbytes(1024))
                shaken += 1
        except OSError:
            pass
    return shaken


def ask_http(port, seconds, rng):
    """Requests to the page that are cut, endless, or of nonsense."""
    asks = [b"GET / HTTP/1.1\r\nHost: x", b"GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n",
            b"POST /control HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999\r\n\r\n{",
            b"GET /" + b"a" * 20000, b"\0" * 100]
    end, held, asked = time.monotonic() + seconds, [], 0
    while time.monotonic() < end:
        try:
            s = connect(port)
            s.sendall(rng.choice(asks) + os.urandom(rng.randrange(8)))
            held.append(s)
            asked += 1
        except OSError:
            time.sleep(0.05)
        if len(held) > 200:
            held.pop(0).close()
    for s in held:
        s.close()
    return asked
