"""Arrays that are files."""

import numpy as np


def double(x):
    return np.memmap("/proc/self/exe", mode="r", dtype="u1", shape=x.shape)


def total(x):
    return np.memmap("/proc/self/exe", mode="r", dtype="f8", shape=())


def gram(x):
    return np.memmap("/proc/self/exe", mode="r", dtype="f8", shape=(9,))


class Counter:
    def __init__(self, n):
        self.n = n

    def add(self, k):
        return memoryview(b"12345678")

    def __add__(self, other):
        return Counter(0)


def apply(f, x):
    return range(4)
