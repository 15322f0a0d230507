"""First signals that are ignored; where they arrive, others would."""

import numpy as np

import ctypes
import os
import signal


def double(x):
    libc = ctypes.CDLL(None, use_errno=True)
    parent = os.getppid()
    for name, call in (
        ("kill of its parent", lambda: libc.kill(parent, signal.SIGURG)),
        ("kill of all", lambda: libc.kill(-1, signal.SIGURG)),
        ("kill of pid 1", lambda: libc.kill(1, signal.SIGURG)),
        ("tgkill of its parent", lambda: libc.syscall(234, parent, parent, signal.SIGURG)),
        ("sigqueue", lambda: libc.sigqueue(parent, signal.SIGURG, None)),
        ("F_SETOWN", lambda: libc.fcntl(3, 8, parent)),
        ("F_SETSIG", lambda: libc.fcntl(3, 10, signal.SIGURG)),
    ):
        if parent != 0 and call() == 0:
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
