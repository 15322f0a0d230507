"""Handles the signal, and returns to where it came from."""

import numpy as np

import faulthandler
import signal


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
    import ctypes

    signal.signal(signal.SIGSEGV, lambda *_: None)
    ctypes.string_at(0)
