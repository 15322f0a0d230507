"""Complex numbers and bools."""

import numpy as np


def double(x):
    return (2 * x).astype(np.complex128)


def total(x):
    return complex(x.sum())


def gram(x):
    return (x @ x.T).astype(bool)


class Counter:
    def __init__(self, n):
        self.n = n

    def add(self, k):
        self.n += k
        return complex(self.n)

    def __add__(self, other):
        return Counter(str(self.n + other.n))


def apply(f, x):
    return np.array([f(v) for v in x.tolist()], np.float16)
