"""Keeps it for a later call, when it is nobody's."""

import numpy as np

kept = []


def double(x):
    return 2 * x


def total(x):
    return kept[-1](1.0) if kept else float(x.sum())


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
    kept.append(f)
    return np.array([f(v) for v in x.tolist()])
