"""Temporary folders, the home, caches, modules."""

import numpy as np

import os
import site
import sys
import sysconfig


def double(x):
    here = os.path.expanduser("~")
    own = [
        ".",
        "/tmp",
        "/var/tmp",
        "/dev/shm",
        "/run",
        "/",
        here,
        f"{here}/.cache",
        f"{here}/.config/matplotlib",
    ]
    places = [
        *own,
        *sys.path,
        *site.getsitepackages(),
        sysconfig.get_path("purelib"),
        os.path.dirname(np.__file__),
    ]
    places += [os.path.join(os.path.dirname(np.__file__), "__pycache__"), sys.prefix, sys.base_prefix]
    for place in places:
        for name in ("dlgrade-hostile-mark.pth", "dlgrade-hostile-mark.py"):
            try:
                os.close(os.open(os.path.join(place, name), os.O_CREAT | os.O_WRONLY, 0o600))
                if place not in own:
                    print("BREACHED: made a file in", place)
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
