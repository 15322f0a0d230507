"""io_uring and the older one."""

import numpy as np

import ctypes
import os

libc = ctypes.CDLL(None, use_errno=True)
page = ctypes.create_string_buffer(4096)


def attempt(name, number, *arguments):
    result = libc.syscall(number, *arguments)
    if result >= 0:
        print("BREACHED:", name)
    return result


def double(x):
    attempt("io_uring_setup", 425, 4, page)
    attempt("io_uring_enter", 426, 0, 0, 0, 0, None, 0)
    attempt("io_setup", 206, 4, ctypes.create_string_buffer(8))
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
