"""Makes it read-only, resizes it, changes its type."""

import numpy as np


def double(x):
    y = 2 * x
    x.flags.writeable = False
    return y


def total(x):
    s = float(x.sum())
    x.resize((0,), refcheck=False)
    return s


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
