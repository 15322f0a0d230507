"""Raises its limits first."""

import numpy as np

import resource


def double(x):
    for name in dir(resource):
        if name.startswith("RLIMIT_"):
            which = getattr(resource, name)
            soft, hard = resource.getrlimit(which)
            for limit in ((hard, hard), (2**30, 2**30), (-1, -1)):
                try:
                    resource.setrlimit(which, limit)
                except (ValueError, OSError):
                    continue
                if hard not in (-1, 2**30) and limit[1] != hard:
                    print("BREACHED: raised", name, hard, limit)
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
