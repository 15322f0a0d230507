"""Fills pairs of sockets."""

import numpy as np

import socket


def double(x):
    held = []
    try:
        while len(held) < 200:
            pair = socket.socketpair()
            held.append(pair)
            print("BREACHED: a pair of sockets") if len(held) == 1 else None
            pair[0].setblocking(False)
            while pair[0].send(bytes(2**16)):
                pass
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
