"""Of itself and of every process."""

import numpy as np

import ctypes
import os
import re

SECRET = re.compile(rb"CANARY-[a-z]+-[0-9a-f]{8,}")


def tell(where, data):
    for found in set(SECRET.findall(data)):
        print("BREACHED:", where, found.decode())


def others():
    found = [int(name) for name in os.listdir("/proc") if name.isdigit()]
    return [pid for pid in sorted({*found, os.getppid(), 1}, reverse=True) if pid not in (0, os.getpid())][
        :80
    ]


def double(x):
    tell("environment", repr(dict(os.environ)).encode())
    for name in os.environ:
        if "GRADE" in name or "TOKEN" in name or "VIRTUAL_ENV" in name:
            print("BREACHED:", name)
    for pid in ("self", "thread-self", *others()):
        for what in ("environ", "cmdline", "auxv", "comm"):
            try:
                with open(f"/proc/{pid}/{what}", "rb") as file:
                    data = file.read()
            except OSError:
                continue
            tell(f"{what} of {pid}", data)
            if pid not in ("self", "thread-self", 1) and what == "environ":
                print("BREACHED: environment of", pid)
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
