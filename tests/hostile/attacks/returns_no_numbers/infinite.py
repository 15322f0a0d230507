"""Infinity."""

import numpy as np


def double(x):
    return np.full_like(x, np.inf)


def total(x):
    return float("-inf")


def gram(x):
    return np.full((len(x), len(x)), np.inf)


class Counter:
    def __init__(self, n):
        self.n = n

    def add(self, k):
        return float("inf")

    def __add__(self, other):
        return Counter(float("inf"))


def apply(f, x):
    return np.full(len(x), -np.inf)
