"""Opens the compiled files of the library for writing."""

import numpy as np

import glob
import os


def double(x):
    folder = os.path.dirname(np.__file__)
    for path in (np.__file__, *glob.glob(f"{folder}/__pycache__/*.pyc")[:3], os.__file__):
        for flags in (os.O_WRONLY, os.O_RDWR):
            try:
                os.close(os.open(path, flags))
                print("BREACHED: may change", path)
            except OSError:
                pass
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
    return np.array([f(v) for v in x.tolist()])
