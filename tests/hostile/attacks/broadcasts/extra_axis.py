"""The right values with another axis."""

import numpy as np


def double(x):
    return (2 * x)[None]


def total(x):
    return np.array([x.sum()])


def gram(x):
    return (x @ x.T)[..., None]


class Counter:
    def __init__(self, n):
        self.n = n

    def add(self, k):
        self.n += k
        return np.array([self.n])

    def __add__(self, other):
        return Counter(np.array([self.n + other.n]))


def apply(f, x):
    return np.array([[f(v)] for v in x.tolist()])
