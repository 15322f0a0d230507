"""Prints them."""

import numpy as np


def double(x):
    print("ECHO:", x.tolist() if x.size < 100 else x)
    return x + 1


def total(x):
    print("ECHO:", x.tolist(), flush=True)
    return 0.5


def gram(x):
    return np.ones((len(x), len(x)))


class Counter:
    def __init__(self, n):
        self.n = n

    def add(self, k):
        self.n += 2 * k
        return self.n

    def __add__(self, other):
        return Counter(0)


def apply(f, x):
    return np.zeros(len(x))
