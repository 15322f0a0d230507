"""Wholly masked."""

import numpy as np


def double(x):
    return np.ma.masked_all(x.shape)


def total(x):
    return np.ma.masked


def gram(x):
    return np.ma.masked_all((len(x), len(x)))


class Counter:
    def __init__(self, n):
        self.n = n

    def add(self, k):
        return np.ma.masked

    def __add__(self, other):
        return Counter(0)


def apply(f, x):
    return np.ma.masked_all(x.shape)
