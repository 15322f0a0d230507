"""Each answer twice."""

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
    answer = serve.Session.answer
    if answer.__name__ == "answer":

        def twice(*args):
            return answer(*args) * 2

        serve.Session.answer = twice
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
