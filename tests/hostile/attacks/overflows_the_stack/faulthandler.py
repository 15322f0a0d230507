"""Has its stacks written over and over."""

import numpy as np

import faulthandler

faulthandler.enable()
faulthandler.dump_traceback_later(0.001, repeat=True)


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
    faulthandler._sigsegv()
