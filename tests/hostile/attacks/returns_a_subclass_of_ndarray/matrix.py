"""A matrix and a recarray."""

import numpy as np


def double(x):
    return np.asmatrix(x)


def total(x):
    return np.zeros(1, [("a", float)]).view(np.recarray)


def gram(x):
    return np.asmatrix(x)


class Counter:
    def __init__(self, n):
        self.n = n

    def add(self, k):
        self.n += 2 * k
        return self.n

    def __add__(self, other):
        return Counter(0)


def apply(f, x):
    return x.view(np.recarray)
