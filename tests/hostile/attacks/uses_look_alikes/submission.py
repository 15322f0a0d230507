"""Full-width names of functions."""

import numpy as np


def double(x):
    return ｅｖａｌ("2 * ｘ")


def total(x):
    return ﬂoat(ｘ.ｓｕｍ())


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
