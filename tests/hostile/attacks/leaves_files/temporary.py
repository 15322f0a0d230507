"""Through the library's own temporary files."""

import numpy as np

import tempfile


def double(x):
    return 2 * x


def total(x):
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
    with (
        tempfile.TemporaryDirectory(prefix="dlgrade-hostile-mark-") as folder,
        open(f"{folder}/x", "w") as file,
    ):
        file.write("x")
    return np.array([f(v) for v in x.tolist()])
