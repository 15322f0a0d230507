"""Many empty files."""

import numpy as np

import os


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
    error = None
    for place in (".", "/tmp", "/var/tmp", "/dev/shm"):
        try:
            for i in range(300):
                with open(f"{place}/dlgrade-hostile-mark-file-{i}", "w") as file:
                    file.write("x" * 10**6)
        except OSError as e:
            error = e
    raise error
