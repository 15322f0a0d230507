"""An empty array of 2**40 columns, which a picture of it must survive."""

import numpy as np


def double(x):
    return np.zeros((0, 2**40))


def total(x):
    return np.zeros((2**39, 0, 1))


def gram(x):
    return np.zeros((0, 2**40), bool)


class Counter:
    def __init__(self, n):
        self.n = n

    def add(self, k):
        return np.zeros((2**40, 0), np.int8)

    def __add__(self, other):
        return Counter(0)


def apply(f, x):
    return np.zeros((1,) * 16)
