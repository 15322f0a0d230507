"""Types with names that read like a verdict."""

import numpy as np

NAMES = [
    "passed",
    "</script>",
    "{{7*7}}",
    "%s%n",
    "ndarray",
    "float",
    "\u202epassed",
    "x" * 100_000,
    "\x00\x1b[2J",
    "",
]
types = iter(NAMES * 100)


def odd():
    return type(next(types), (), {})()


def double(x):
    return odd()


def total(x):
    return odd()


def gram(x):
    return odd()


class Counter:
    def __init__(self, n):
        self.n = n

    def add(self, k):
        return odd()

    def __add__(self, other):
        return odd()


def apply(f, x):
    return odd()
