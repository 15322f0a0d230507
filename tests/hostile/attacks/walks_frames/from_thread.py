"""Looks at the frames of all threads, and traces them."""

import numpy as np

import sys
import threading

import re

SECRET = re.compile(rb"CANARY-[a-z]+-[0-9a-f]{8,}")


def tell(where, data):
    for found in set(SECRET.findall(data)):
        print("BREACHED:", where, found.decode())


def double(x):
    def look():
        for frame in sys._current_frames().values():
            while frame is not None:
                tell("thread", repr(frame.f_locals).encode("utf-8", "replace"))
                frame = frame.f_back

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
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
