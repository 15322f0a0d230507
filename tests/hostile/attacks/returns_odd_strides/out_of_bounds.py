"""Memory that is not its own."""

import numpy as np


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
    from numpy.lib.stride_tricks import as_strided

    return as_strided(x, (2**17,), (2**20,))
