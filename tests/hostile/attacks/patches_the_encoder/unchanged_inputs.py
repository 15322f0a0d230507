"""Says that its input is as it was; in the judge it is."""

import numpy as np

import os
import sys
import threading
import time

from grader.worker import serve, wire


def frame(kind, call, value):
    encoder = wire.Encoder(wire.Limits())
    encoder.put(value)
    return wire.pack(kind, call, encoder)


def double(x):
    y = 2 * x
    x *= 0
    return y


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


put = wire.Encoder.put


def innocent(self, value, depth=0):
    if type(value) is tuple and len(value) == 3 and value[0] == "value":
        value = ("value", value[1], [])
    put(self, value, depth)


wire.Encoder.put = innocent
