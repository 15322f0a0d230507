"""The other byte order, which is the same numbers."""

import numpy as np


def double(x):
    return (2 * x).astype(x.dtype.newbyteorder(">"))


def total(x):
    return np.float64(x.sum()).astype(">f8")


def gram(x):
    return np.asfortranarray(x @ x.T)


class Counter:
    def __init__(self, n):
        self.n = n

    def add(self, k):
        self.n += k
        return self.n

    def __add__(self, other):
        return Counter(self.n + other.n)


def apply(f, x):
    return np.array([f(v) for v in x.tolist()], ">f8")
