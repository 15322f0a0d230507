"""From a file that it made, and from memory, by exec."""

import numpy as np

import ctypes
import os


def double(x):
    for make in (
        lambda: os.memfd_create("dlgrade-hostile-mark"),
        lambda: os.open("dlgrade-hostile-mark-program", os.O_RDWR | os.O_CREAT, 0o700),
        lambda: os.open("/tmp/dlgrade-hostile-mark-program", os.O_RDWR | os.O_CREAT, 0o700),
    ):
        try:
            fd = make()
            os.write(fd, b"#!/bin/sh\nexit 0\n")
            os.execve(fd, ["x"], {})
        except OSError:
            pass
    for path in ("/bin/true", "/usr/bin/true", "/lib64/ld-linux-x86-64.so.2", "/proc/self/exe"):
        try:
            os.execv(path, [path, "--version"])
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
