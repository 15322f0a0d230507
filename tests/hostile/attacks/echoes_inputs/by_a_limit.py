"""Breaks a limit, whose message quotes the call."""

import numpy as np


def double(x):
    return 2 * x


def total(x):
    print("ECHO:" * 10**6)


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
    while True:
        pass
