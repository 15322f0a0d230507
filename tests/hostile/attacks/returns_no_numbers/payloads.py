"""NaN with a message in it."""

import numpy as np


def double(x):
    return np.frombuffer(b"\xff" * x.nbytes, x.dtype).reshape(x.shape)


def total(x):
    import struct

    return struct.unpack("<d", b"ABCDEF\xf8\x7f")[0]


def gram(x):
    return np.full((len(x), len(x)), complex("nan+nanj"))


class Counter:
    def __init__(self, n):
        self.n = n

    def add(self, k):
        self.n += 2 * k
        return self.n

    def __add__(self, other):
        return Counter(0)


def apply(f, x):
    return [float("nan")] * 4
