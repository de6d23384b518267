#!/usr/bin/python3
"""TCP ports of 127.0.0.1 for a test's programs, which may end and come back.

    tests/ports.py N     prints N of them

They lie outside the range from which the system takes the source ports of connections: a port from
within that range can be the source of some connection by the time a program binds to it."""
import random
import socket
import sys


def candidates():
    try:
        with open("/proc/sys/net/ipv4/ip_local_port_range") as f:
            first, last = map(int, f.read().split())
    except OSError:
        first, last = 32768, 60999
    ports = [p for p in range(10000, 65536) if not first <= p <= last]
    random.shuffle(ports)
    return ports


def is_free(port):
    with socket.socket() as s:
        try:
            s.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_ports(count):
    found = []
    for port in candidates():
        if len(found) == count:
            return found
        if is_free(port):
            found.append(port)
    if len(found) < count:
        raise OSError(f"127.0.0.1 has {len(found)} free ports, of {count} asked for")
    return found


if __name__ == "__main__":
    print(*free_ports(int(sys.argv[1])))
