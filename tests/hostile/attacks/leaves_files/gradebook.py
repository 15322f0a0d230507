"""Changes the grades."""

import numpy as np

import glob
import mmap
import os


def double(x):
    for path in glob.glob("/tmp/dlgrade-hostile-world-*/state/grades.db"):
        try:
            fd = os.open(path, os.O_RDWR)
            with mmap.mmap(fd, 0) as data:
                data[:4] = b"100%"
            print("BREACHED: changed", path)
        except (OSError, ValueError):
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
