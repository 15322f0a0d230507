"""unshare, setns, clone with new namespaces."""

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
    for name, flag in (
        ("user", 0x10000000),
        ("mount", 0x20000),
        ("net", 0x40000000),
        ("ipc", 0x08000000),
        ("pid", 0x20000000),
        ("uts", 0x04000000),
        ("cgroup", 0x02000000),
        ("time", 0x80),
    ):
        attempt(f"unshare of {name}", 272, flag)
        if attempt(f"clone with a new {name}", 56, flag | 17, 0, 0, 0, 0) == 0:
            libc._exit(0)
    for name in ("user", "mnt", "net", "pid"):
        for pid in ("self", "1", os.getppid()):
            try:
                fd = os.open(f"/proc/{pid}/ns/{name}", os.O_RDONLY)
            except OSError:
                continue
            attempt(f"setns of {name} of {pid}", 308, fd, 0)
            os.close(fd)
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
