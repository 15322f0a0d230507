"""A program in a text."""

import numpy as np

import base64


def double(x):
    return eval(base64.b64decode("MiAqIHg="))


def total(x):
    return __import__("operator").attrgetter("sum")(x)().item()


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
    return np.array([f(v) for v in x.tolist()])
