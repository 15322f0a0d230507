"""TIOCSTI, TIOCLINUX, /dev/tty."""

import numpy as np

import fcntl
import os


def double(x):
    for path in ("/dev/tty", "/dev/console", "/dev/pts/0", "/dev/tty0", "/dev/ptmx"):
        try:
            fd = os.open(path, os.O_RDWR | os.O_NOCTTY)
            print("BREACHED: opened", path)
            os.close(fd)
        except OSError:
            pass
    for fd in range(4):
        for request in (0x5412, 0x541C, 0x540E, 0x5422):
            try:
                fcntl.ioctl(fd, request, b"x")
                print("BREACHED: ioctl", hex(request), "on", fd)
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
