"""Single precision, whole numbers, half precision."""

import numpy as np


def double(x):
    return (2 * x).astype(np.float16)


def total(x):
    return int(round(x.sum()))


def gram(x):
    return (x @ x.T).astype(np.float32)


class Counter:
    def __init__(self, n):
        self.n = n

    def add(self, k):
        self.n += k
        return float(self.n)

    def __add__(self, other):
        return Counter(bool(self.n + other.n))


def apply(f, x):
    return [f(v) for v in x.tolist()]
