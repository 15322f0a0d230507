"""Listens, for another submission to come by."""

import numpy as np

import socket


def double(x):
    for family, name in (
        (socket.AF_INET, ("127.0.0.1", 0)),
        (socket.AF_UNIX, "\0dlgrade-hostile-mark-socket"),
    ):
        try:
            with socket.socket(family) as listener:
                listener.bind(name)
                listener.listen()
                print("BREACHED: listens at", repr(name))
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
