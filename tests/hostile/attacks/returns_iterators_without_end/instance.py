"""An instance that iterates for ever over itself."""

import numpy as np


class Endless:
    def __iter__(self):
        return self

    def __next__(self):
        return self

    def __len__(self):
        return 2**62


def double(x):
    return Endless()


def total(x):
    return Endless()


def gram(x):
    return Endless()


class Counter:
    def __init__(self, n):
        self.n = n

    def add(self, k):
        return Endless()

    def __add__(self, other):
        return Counter(0)


def apply(f, x):
    return Endless()
