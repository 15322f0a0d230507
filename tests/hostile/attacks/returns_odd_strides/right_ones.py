"""Negative strides, Fortran order, windows, a field of a record."""

import numpy as np

from numpy.lib.stride_tricks import as_strided


def double(x):
    y = np.empty(x.shape, np.dtype([("a", x.dtype), ("b", "i1")]))
    y["a"] = 2 * x
    return y["a"]


def total(x):
    return float(x.sum())


def gram(x):
    return (x @ x.T)[::-1, ::-1][::-1, ::-1].T


class Counter:
    def __init__(self, n):
        self.n = n

    def add(self, k):
        self.n += k
        return self.n

    def __add__(self, other):
        return Counter(self.n + other.n)


def apply(f, x):
    return np.array([f(v) for v in x.tolist()[::-1]])[::-1]
