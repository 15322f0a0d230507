"""Each without an end."""

import numpy as np

import itertools


def double(x):
    return itertools.repeat(x)


def total(x):
    return iter(int, 1)


def gram(x):
    while True:
        yield x


class Counter:
    def __init__(self, n):
        self.n = n

    def add(self, k):
        return (k for _ in itertools.count())

    def __add__(self, other):
        return Counter(0)


def apply(f, x):
    return itertools.count()
