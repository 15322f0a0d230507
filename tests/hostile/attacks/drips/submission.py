"""A byte in a tenth of a second."""

import numpy as np

import os
import time

from grader.worker import wire


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
    encoder = wire.Encoder(wire.Limits())
    encoder.put(("value", 1.0, []))
    for byte in wire.pack(wire.REPLY, 0, encoder) * 100:
        os.write(3, bytes([byte]))
        time.sleep(0.1)
