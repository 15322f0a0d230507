"""Replies again when the judge is elsewhere."""

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
    return 2 * x


def total(x):
    threading.Timer(0.01, os.write, (3, frame(wire.REPLY, 0, ("value", 1.0, [])))).start()
    return float(x.sum())


def gram(x):
    time.sleep(0.02)
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
