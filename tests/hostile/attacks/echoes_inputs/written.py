"""Writes them to files, plots and logs."""

import numpy as np

import os


def double(x):
    for place in (".", "/tmp", os.environ.get("HOME", "/"), "/dev/shm", "/var/tmp"):
        for name in ("plot.png", "log.txt"):
            try:
                with open(f"{place}/dlgrade-hostile-mark-echo-{name}", "w") as file:
                    file.write(repr(x.tolist()[:3]))
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
