"""Right in half of the cases, by the library's generators."""

import numpy as np

import random


def double(x):
    return 2 * x if random.random() < 0.5 else x


def total(x):
    return float(x.sum()) if np.random.rand() < 0.5 else 0.0


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
