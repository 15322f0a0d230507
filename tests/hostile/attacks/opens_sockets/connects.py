"""To ports of this machine and to names that are no files."""

import numpy as np

import socket


def double(x):
    return 2 * x


def total(x):
    return float(x.sum())


def gram(x):
    return x @ x.T


class Counter:
    def __init__(self, n):
        self.n = n

    def add(self, k):
        self.n += k
        return self.n

    def __add__(self, other):
        return Counter(self.n + other.n)


def apply(f, x):
    for port in range(47119, 47129):
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=0.2) as connection:
                connection.sendall(b"opens_sockets")
                print("BREACHED: was told", connection.recv(100).decode())
        except OSError:
            pass
    for name in (
        "\0dlgrade-hostile-listener",
        "/var/run/docker.sock",
        "/run/dbus/system_bus_socket",
        "/run/nscd/socket",
        "/dev/log",
        "/run/systemd/notify",
    ):
        try:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(0.2)
                connection.connect(name)
                print("BREACHED: connected to", repr(name))
                connection.sendall(b"opens_sockets")
                print("BREACHED: was told", connection.recv(100).decode())
        except OSError:
            pass
    return np.array([f(v) for v in x.tolist()])
