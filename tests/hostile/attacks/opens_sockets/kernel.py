"""Netlink, crypto, virtual machines."""

import numpy as np

import socket


def double(x):
    for name, family, kind, protocol, address in (
        ("AF_NETLINK", 16, socket.SOCK_RAW, 0, (0, 0)),
        ("audit", 16, socket.SOCK_RAW, 9, (0, 0)),
        ("AF_ALG", 38, socket.SOCK_SEQPACKET, 0, ("hash", "sha256")),
        ("AF_VSOCK", 40, socket.SOCK_STREAM, 0, None),
        ("AF_PACKET", 17, socket.SOCK_RAW, 768, None),
    ):
        try:
            with socket.socket(family, kind, protocol) as one:
                print("BREACHED:", name)
                if address:
                    one.bind(address)
        except OSError:
            pass
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
    return np.array([f(v) for v in x.tolist()])
