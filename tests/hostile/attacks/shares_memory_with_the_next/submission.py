"""System V, POSIX, keys, names."""

import numpy as np

import ctypes
import os


def double(x):
    libc = ctypes.CDLL(None, use_errno=True)
    for name, call in (
        ("shmget", lambda: libc.shmget(0x5EED, 4096, 0o1666)),
        ("semget", lambda: libc.semget(0x5EED, 1, 0o1666)),
        ("msgget", lambda: libc.msgget(0x5EED, 0o1666)),
        ("mq_open", lambda: libc.syscall(240, b"dlgrade-hostile-mark-mq", 0o102, 0o666, None)),
        ("add_key", lambda: libc.syscall(248, b"user", b"dlgrade-hostile-mark-key", b"x", 1, -4)),
        ("keyctl", lambda: libc.syscall(250, 0, -4, 0)),
    ):
        if call() >= 0:
            print("BREACHED:", name)
    libc.shm_open(b"/dlgrade-hostile-mark-shm", 0o102, 0o666)
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
