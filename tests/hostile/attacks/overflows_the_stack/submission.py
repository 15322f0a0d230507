"""By an address, by a signal, by recursion in C."""

import numpy as np

import ctypes
import os
import sys


def double(x):
    ctypes.string_at(0)


def total(x):
    os.abort()


def gram(x):
    sys.setrecursionlimit(10**9)

    def f(n):
        return [f(n + 1)]

    return f(0)


class Counter:
    def __init__(self, n):
        self.n = n

    def add(self, k):
        return ctypes.CFUNCTYPE(None)(1)()

    def __add__(self, other):
        import signal

        signal.raise_signal(signal.SIGKILL)


def apply(f, x):
    import signal

    signal.raise_signal(signal.SIGSEGV)
