"""Odd bytes, few enough to be kept."""

import numpy as np

import os


def double(x):
    os.write(1, b"\xff\xfe\x00\xed\xa0\x80\x1b[2J" * 100)
    os.write(2, "\u2028\u202e\ufeff\U000e0041".encode() * 50)
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
