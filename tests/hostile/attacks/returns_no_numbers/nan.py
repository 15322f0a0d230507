"""Not a number."""

import numpy as np


def double(x):
    return np.full_like(x, np.nan)


def total(x):
    return float("nan")


def gram(x):
    return np.full((len(x), len(x)), np.nan)


class Counter:
    def __init__(self, n):
        self.n = n

    def add(self, k):
        return float("nan")

    def __add__(self, other):
        return Counter(float("nan"))


def apply(f, x):
    return np.full(len(x), np.nan)
