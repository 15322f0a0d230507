"""Asks not to die with its parent."""

import numpy as np

import ctypes
import os


def double(x):
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(1, 0, 0, 0, 0) == 0:
        print("BREACHED: outlives its parent")
    for name in ("setsid", "setpgrp"):
        try:
            getattr(os, name)()
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
