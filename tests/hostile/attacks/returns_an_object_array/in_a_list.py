"""The same inside of plain values."""

import numpy as np


def double(x):
    return [np.array([None])]


def total(x):
    return (np.array(object()),)


def gram(x):
    return {"a": np.array([{}])}


class Counter:
    def __init__(self, n):
        self.n = n

    def add(self, k):
        return [[np.array([[1, "a"]], dtype=object)]]

    def __add__(self, other):
        return Counter(0)


def apply(f, x):
    return np.array([int] * 4)
