"""Returns them in the name of a type."""

import numpy as np


def double(x):
    return type("ECHO:" + repr(x.tolist())[:200], (), {})()


def total(x):
    return type("ECHO:" + repr(float(x.sum())), (), {"__next__": None})()


def gram(x):
    return np.ones((len(x), len(x)))


class Counter:
    def __init__(self, n):
        self.n = n

    def add(self, k):
        self.n += 2 * k
        return self.n

    def __add__(self, other):
        return Counter(0)


def apply(f, x):
    return {"ECHO:" + repr(x.tolist()): 1}
