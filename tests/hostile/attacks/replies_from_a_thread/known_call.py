"""Finds the id of the call in the frames below, and replies first, wrongly."""

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
    found = sys._getframe()
    while found is not None and "call" not in found.f_locals:
        found = found.f_back
    os.write(3, frame(wire.REPLY, found.f_locals["call"], ("value", x + 3, [])))
    time.sleep(0.02)
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
