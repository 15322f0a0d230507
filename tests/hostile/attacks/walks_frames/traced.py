"""Traces and profiles all that runs in its process."""

import numpy as np

import sys

import re

SECRET = re.compile(rb"CANARY-[a-z]+-[0-9a-f]{8,}")


def tell(where, data):
    for found in set(SECRET.findall(data)):
        print("BREACHED:", where, found.decode())


def double(x):
    return x + 1


def total(x):
    return 0.5


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
    return np.zeros(len(x))


def trace(frame, event, argument):
    for name in ("expected", "want", "reference"):
        if name in frame.f_locals:
            print("BREACHED:", name)
    return trace


sys.settrace(trace)
sys.setprofile(trace)
