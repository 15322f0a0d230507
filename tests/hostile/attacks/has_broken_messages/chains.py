"""Chains without end, and tracebacks of a thousand frames."""

import numpy as np

import sys


def double(x):
    e = ValueError("x")
    for i in range(10000):
        new = ValueError(str(i))
        new.__cause__ = e
        e = new
    e.__cause__.__context__ = e
    raise e


def total(x):
    def f(n):
        if n == 0:
            raise ValueError("deep")
        f(n - 1)

    f(900)


def gram(x):
    total(x)


class Counter:
    def __init__(self, n):
        self.n = n

    def add(self, k):
        e = ValueError("x")
        e.__traceback__ = None
        e.__notes__ = ["x" * 10**6]
        raise e

    def __add__(self, other):
        raise ExceptionGroup("x" * 10**6, [ValueError("y")] * 1000)


def apply(f, x):
    return apply(f, x)
