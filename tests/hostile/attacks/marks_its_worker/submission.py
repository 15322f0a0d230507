"""In builtins, modules, the environment and the name of the process."""

import numpy as np

import builtins
import ctypes
import os
import sys

if hasattr(builtins, "dlgrade_mark") or "DLGRADE_MARK" in os.environ or "dlgrade_mark" in sys.modules:
    print("BREACHED: was here before")
builtins.dlgrade_mark = True
os.environ["DLGRADE_MARK"] = "1"
sys.modules["dlgrade_mark"] = sys
np.dlgrade_mark = True
ctypes.CDLL(None).prctl(15, b"dlgrade-mark", 0, 0, 0)


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
    return np.array([f(v) for v in x.tolist()])
