"""Symbolic and hard links, descriptors of folders, file handles."""

import numpy as np

import ctypes
import glob
import os

import re

SECRET = re.compile(rb"CANARY-[a-z]+-[0-9a-f]{8,}")


def tell(where, data):
    for found in set(SECRET.findall(data)):
        print("BREACHED:", where, found.decode())


def double(x):
    targets = glob.glob("/tmp/dlgrade-hostile-world-*/state/secret") or ["/etc/shadow"]
    for make in (os.symlink, os.link):
        for place in ("dlgrade-hostile-mark-link", "/tmp/dlgrade-hostile-mark-link"):
            try:
                make(targets[0], place)
                if make is os.link:
                    print("BREACHED: a hard link at", place)
                with open(place, "rb") as file:
                    tell(place, file.read())
            except OSError:
                pass
    try:
        here = os.open(".", os.O_RDONLY | os.O_DIRECTORY)
        up = os.open("../" * 20 + "tmp", os.O_RDONLY | os.O_DIRECTORY, dir_fd=here)
        if any(name.startswith(("dlgrade-hostile-world", "dlgrade-canary")) for name in os.listdir(up)):
            print("BREACHED: the temporary folder of the host")
        os.close(up)
        os.close(here)
    except OSError:
        pass
    libc = ctypes.CDLL(None, use_errno=True)
    handle = ctypes.create_string_buffer(136)
    handle[0] = 128
    if libc.open_by_handle_at(-100, handle, 0) >= 0:
        print("BREACHED: open_by_handle_at")
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
