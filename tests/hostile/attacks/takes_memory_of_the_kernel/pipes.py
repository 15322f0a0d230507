"""Fills as many pipes as it may have."""

import numpy as np

import fcntl
import os


def double(x):
    held = []
    try:
        while len(held) < 200:
            read, write = os.pipe()
            held.append((read, write))
            os.set_blocking(write, False)
            try:
                fcntl.fcntl(write, 1031, 2**20)
                print("BREACHED: enlarged a pipe")
            except OSError:
                pass
            while os.write(write, bytes(2**16)):
                pass
    except OSError:
        pass
    for pair in held:
        for fd in pair:
            os.close(fd)
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
