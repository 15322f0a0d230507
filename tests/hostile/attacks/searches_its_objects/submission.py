"""Asks the garbage collector and sys.modules."""

import numpy as np

import gc
import sys

import re

SECRET = re.compile(rb"CANARY-[a-z]+-[0-9a-f]{8,}")


def tell(where, data):
    for found in set(SECRET.findall(data)):
        print("BREACHED:", where, found.decode())


def double(x):
    for name in list(sys.modules):
        if name.startswith(
            ("test_", "grader.judge", "grader.core", "_pytest", "pytest", "reference", "wrong_")
        ):
            print("BREACHED: module", name)
    for thing in gc.get_objects() + gc.get_referrers(x):
        if isinstance(thing, (dict, list, tuple)):
            values = thing.values() if isinstance(thing, dict) else thing
            for value in list(values):
                if isinstance(value, np.ndarray) and value.shape == x.shape and np.allclose(value, 2 * x):
                    print("BREACHED: the expected array")
                elif isinstance(value, (str, bytes)):
                    tell("object", value.encode("utf-8", "replace") if isinstance(value, str) else value)
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
