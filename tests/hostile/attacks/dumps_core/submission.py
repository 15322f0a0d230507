"""Raises the limit and aborts."""

import numpy as np

import os
import resource


def double(x):
    try:
        resource.setrlimit(resource.RLIMIT_CORE, (2**20, 2**20))
        print("BREACHED: cores may be written")
    except (ValueError, OSError):
        pass
    try:
        with open("/proc/self/coredump_filter", "w") as file:
            file.write("0xff")
    except OSError:
        pass
    os.abort()


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
