"""Goes up from each call."""

import numpy as np

import sys

import re

SECRET = re.compile(rb"CANARY-[a-z]+-[0-9a-f]{8,}")


def tell(where, data):
    for found in set(SECRET.findall(data)):
        print("BREACHED:", where, found.decode())


def double(x):
    frame = sys._getframe()
    while frame is not None:
        names = {**frame.f_locals, **frame.f_globals}
        for name in ("expected", "reference", "want", "oracle", "ref_code", "suite", "item"):
            if name in names:
                print("BREACHED:", name, "in", frame.f_code.co_name)
        for value in list(names.values()):
            if isinstance(value, np.ndarray) and value.shape == x.shape and np.allclose(value, 2 * x):
                print("BREACHED: the expected array in", frame.f_code.co_name)
        texts = " ".join(repr(v) for v in frame.f_locals.values())
        if "test_double" in texts or "test_total" in texts:
            print("BREACHED: the name of the check in", frame.f_code.co_name)
        tell("frame", texts.encode("utf-8", "replace"))
        frame = frame.f_back
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
