"""By a codec and a module that are found while the file is read."""

import numpy as np

import os
import sys

if os.path.exists("target.py") or __spec__.loader.__class__.__name__ == "SourceFileLoader":
    print("BREACHED: is a file")


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
    return np.array([f(v) for v in x.tolist()])
