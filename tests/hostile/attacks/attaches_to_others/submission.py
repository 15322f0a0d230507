"""ptrace, pidfd_getfd, kcmp, /proc/<pid>/fd."""

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
    libc = ctypes.CDLL(None, use_errno=True)
    for pid in others():
        if libc.ptrace(0x4206, pid, 0, 0) == 0:  # PTRACE_SEIZE
            print("BREACHED: attached to", pid)
        fd = libc.syscall(434, pid, 0)  # pidfd_open
        if fd >= 0:
            for number in range(8):
                if libc.syscall(438, fd, number, 0) >= 0:  # pidfd_getfd
                    print("BREACHED: took a descriptor of", pid)
        if libc.syscall(312, os.getpid(), pid, 2, 0, 0) >= 0:  # kcmp of files
            print("BREACHED: compared itself with", pid)
        try:
            for name in os.listdir(f"/proc/{pid}/fd"):
                print("BREACHED: descriptors of", pid, os.readlink(f"/proc/{pid}/fd/{name}"))
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
