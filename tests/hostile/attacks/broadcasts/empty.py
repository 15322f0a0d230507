"""No value at all."""

import numpy as np


def double(x):
    return np.zeros((0, *x.shape[1:]))


def total(x):
    return np.zeros((1, 0))


def gram(x):
    return np.zeros((0, 0))


class Counter:
    def __init__(self, n):
        self.n = n

    def add(self, k):
        return np.zeros(0, int)

    def __add__(self, other):
        return Counter(0)


def apply(f, x):
    return np.zeros(0)
