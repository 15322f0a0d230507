"""Claims much, sends a little now and then."""

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
    os.write(3, wire.HEADER.pack(wire.MAGIC, wire.REPLY, 100, 2**23, 0))
    while True:
        os.write(3, bytes(1000))
        time.sleep(0.01)
