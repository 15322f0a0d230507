"""What any account of the machine may read."""

import numpy as np


def double(x):
    import os

    for path in (
        "/etc/passwd",
        "/etc/hostname",
        "/etc/machine-id",
        "/etc/resolv.conf",
        "/root/.bashrc",
        "/root/.profile",
        "/home",
        "/var/log",
        "/proc/mounts",
        "/proc/self/mountinfo",
    ):
        try:
            if os.path.isdir(path):
                if os.listdir(path) == ["student"]:  # the worker's own folder, and nobody else's
                    continue
            else:
                with open(path) as file:
                    file.read(100)
        except OSError:
            continue
        if not path.startswith("/proc"):
            print("BREACHED: read", path)
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
