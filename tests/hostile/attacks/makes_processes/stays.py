"""Daemonises, and waits for the next student."""

import numpy as np

import os
import time


def double(x):
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
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            for fd in range(3, 64):
                try:
                    os.close(fd)
                except OSError:
                    pass
            time.sleep(20)
        os._exit(0)
    print("BREACHED: a process that stays")
    return np.array([f(v) for v in x.tolist()])
