"""The same after thawing what the server had frozen."""

import numpy as np

import gc

import re

SECRET = re.compile(rb"CANARY-[a-z]+-[0-9a-f]{8,}")


def tell(where, data):
    for found in set(SECRET.findall(data)):
        print("BREACHED:", where, found.decode())


def double(x):
    return x + 1


def total(x):
    gc.unfreeze()
    for thing in gc.get_objects():
        if isinstance(thing, (dict, list, tuple)) and len(thing) < 10000:
            tell(
                "object",
                repr(
                    [
                        v
                        for v in (thing.values() if isinstance(thing, dict) else thing)
                        if isinstance(v, (str, bytes))
                    ]
                ).encode("utf-8", "replace"),
            )
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
