"""The largest there are."""

import numpy as np


def double(x):
    return np.full_like(x, np.finfo(x.dtype).max)


def total(x):
    return 1.7e308


def gram(x):
    return np.full((len(x), len(x)), 1.7e308)


class Counter:
    def __init__(self, n):
        self.n = n

    def add(self, k):
        return 2**63 - 1

    def __add__(self, other):
        return Counter(-(2**63))


def apply(f, x):
    return np.array([1.7e308, -1.7e308, 5e-324, -0.0])
