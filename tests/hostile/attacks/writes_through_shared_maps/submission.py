"""Writable maps that are shared, and files that are open for writing."""

import numpy as np


def double(x):
    with open("/proc/self/maps") as maps:
        for line in maps:
            if line.split()[1] in ("rw-s", "rwxs"):
                print("BREACHED: shared", line.strip())
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
