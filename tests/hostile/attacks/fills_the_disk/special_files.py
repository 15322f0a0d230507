"""Pipes, sockets and devices."""

import numpy as np

import os
import socket
import stat


def double(x):
    makers = (
        lambda name: os.mkfifo(name),
        lambda name: os.mknod(name + "-device", stat.S_IFCHR | 0o666, os.makedev(1, 3)),
        lambda name: socket.socket(socket.AF_UNIX).bind(name + "-socket"),
    )
    for place in (".", "/tmp", "/dev/shm"):
        for make in makers:
            try:
                name = f"{place}/dlgrade-hostile-mark-special"
                make(name)
                if make is not makers[0]:
                    print("BREACHED: made a device or a socket", name)
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
