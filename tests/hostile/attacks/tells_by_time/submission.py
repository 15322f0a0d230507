"""A tenth of a second for a positive number."""

import numpy as np

import time


def double(x):
    return 2 * x


def total(x):
    time.sleep(0.1 * bool(x.flat[0] > 0))
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
