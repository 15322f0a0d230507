"""The same array for every answer, changed in between."""

import numpy as np

kept = {}


def double(x):
    y = kept.setdefault((x.shape, x.dtype), np.empty_like(x))
    y[...] = 2 * x
    return y


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
