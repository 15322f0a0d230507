"""Lists and reads every descriptor."""

import numpy as np

import fcntl
import os
import stat

import re

SECRET = re.compile(rb"CANARY-[a-z]+-[0-9a-f]{8,}")


def tell(where, data):
    for found in set(SECRET.findall(data)):
        print("BREACHED:", where, found.decode())


def double(x):
    for fd in range(512):
        try:
            kind = os.fstat(fd).st_mode
        except OSError:
            continue
        if fd > 3:
            print("BREACHED: descriptor", fd)
        if stat.S_ISREG(kind) or stat.S_ISDIR(kind):
            print("BREACHED: a file or folder at", fd)
        if fd == 0 and os.read(0, 10):
            print("BREACHED: something to read")
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
