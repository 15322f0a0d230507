"""Keeps its answers for when it is handed in again."""

import numpy as np

import os

for place in sorted({os.path.realpath(place) for place in (".", "/tmp", "/dev/shm", "/var/tmp")}):
    path = f"{place}/dlgrade-hostile-mark-answers"
    try:
        os.mkdir(path)
    except FileExistsError:
        print("BREACHED: was here before")
    except OSError:
        pass


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
    return np.array([f(v) for v in x.tolist()])
