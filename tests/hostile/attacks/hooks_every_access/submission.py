"""A class whose every access ends the process or lies."""

import numpy as np


def double(x):
    return 2 * x


def total(x):
    return float(x.sum())


def gram(x):
    return x @ x.T


class Counter:
    def __init__(self, n):
        object.__setattr__(self, "n", n)

    def add(self, k):
        self.n += k
        return self.n

    def __add__(self, other):
        return Counter(self.n + other.n)


def apply(f, x):
    return np.array([f(v) for v in x.tolist()])


def lie(self, name):
    if name == "n":
        import os

        os._exit(0)
    return object.__getattribute__(self, name)


Counter.__getattribute__ = lie
