"""By numbers from 2**30 on."""

import numpy as np

import ctypes


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
    print("BREACHED: x32") if ctypes.CDLL(None).syscall(0x40000000 + 39) > 0 else None
    return 1 / 0
