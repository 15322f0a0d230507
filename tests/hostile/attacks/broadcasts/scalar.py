"""One value for all."""

import numpy as np


def double(x):
    return 0.0


def total(x):
    return np.zeros((0,))


def gram(x):
    return np.float64(1)


class Counter:
    def __init__(self, n):
        self.n = n

    def add(self, k):
        return np.zeros((1, 1), int)

    def __add__(self, other):
        return Counter(0)


def apply(f, x):
    return 1.0
