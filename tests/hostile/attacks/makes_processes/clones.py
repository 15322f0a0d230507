"""By every call that makes one."""

import numpy as np

import ctypes


def double(x):
    libc = ctypes.CDLL(None, use_errno=True)
    page = ctypes.create_string_buffer(88)
    for name, call in (
        ("fork", lambda: libc.syscall(57)),
        ("vfork", lambda: -1),
        ("clone", lambda: libc.syscall(56, 17, 0, 0, 0, 0)),
        ("clone of a parent", lambda: libc.syscall(56, 0x8000 | 17, 0, 0, 0, 0)),
        ("clone3", lambda: libc.syscall(435, page, 88)),
    ):
        pid = call()
        if pid == 0:
            libc._exit(0)
        if pid > 0:
            print("BREACHED:", name)
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
