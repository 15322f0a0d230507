"""By sysenter."""

import numpy as np

import ctypes
import mmap


def run(code):
    page = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    page.write(code)
    address = ctypes.addressof(ctypes.c_char.from_buffer(page))
    return ctypes.CFUNCTYPE(ctypes.c_long)(address)()


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
    print("BREACHED: sysenter") if run(b"\xb8\x14\0\0\0\x0f\x34\xc3") > 0 else None
    return 1 / 0
