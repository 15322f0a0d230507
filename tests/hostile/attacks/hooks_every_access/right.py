"""Right answers through hooks."""

import numpy as np


def double(x):
    return 2 * x


def total(x):
    return float(x.sum())


def gram(x):
    return x @ x.T


class Counter:
    def __init__(self, n):
        self.__dict__["_n"] = n

    def add(self, k):
        self.__dict__["_n"] += k
        return self.__dict__["_n"]

    def __add__(self, other):
        return Counter(self.__dict__["_n"] + other.__dict__["_n"])


def apply(f, x):
    return np.array([f(v) for v in x.tolist()])


def get(self, name):
    if name == "n":
        return self.__dict__["_n"]
    raise AttributeError(name)


Counter.__getattr__ = get
Counter.__repr__ = Counter.__eq__ = Counter.__bool__ = Counter.__hash__ = lambda *args: 1 / 0
