"""In a map that is writable and executable."""

import numpy as np

import ctypes
import mmap


def double(x):
    try:
        page = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
        page.write(b"\xb8\x2a\0\0\0\xc3")  # mov eax, 42; ret
        address = ctypes.addressof(ctypes.c_char.from_buffer(page))
        assert ctypes.CFUNCTYPE(ctypes.c_int)(address)() == 42
    except OSError:
        pass
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
