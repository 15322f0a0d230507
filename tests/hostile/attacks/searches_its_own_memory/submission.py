"""Through /proc/self/mem, or else by address."""

import numpy as np

import ctypes
import os

import re

SECRET = re.compile(rb"CANARY-[a-z]+-[0-9a-f]{8,}")


def tell(where, data):
    for found in set(SECRET.findall(data)):
        print("BREACHED:", where, found.decode())


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
    with open("/proc/self/maps") as maps:
        lines = maps.read().splitlines()
    for line in lines:
        span, mode, *_ = line.split()
        if not mode.startswith("rw") or "[v" in line:
            continue
        begin, end = (int(part, 16) for part in span.split("-"))
        end = min(end, begin + 2**25)
        try:
            with open("/proc/self/mem", "rb", buffering=0) as memory:
                memory.seek(begin)
                tell("memory", memory.read(end - begin))
        except OSError:
            tell("memory", ctypes.string_at(begin, end - begin))
    return np.array([f(v) for v in x.tolist()])
