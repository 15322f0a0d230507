"""flock, lockf, leases, on files of the library."""

import numpy as np

import fcntl
import os


def double(x):
    fd = os.open(np.__file__, os.O_RDONLY)
    import struct

    read_lock = struct.pack("hhqqi4x", fcntl.F_RDLCK, 0, 0, 0, 0)
    for name, lock in (
        ("flock", lambda: fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)),
        ("F_SETLK", lambda: fcntl.fcntl(fd, fcntl.F_SETLK, read_lock)),
        ("F_OFD_SETLK", lambda: fcntl.fcntl(fd, fcntl.F_OFD_SETLK, read_lock)),
        ("F_SETLEASE", lambda: fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_RDLCK)),
        ("F_NOTIFY", lambda: fcntl.fcntl(fd, fcntl.F_NOTIFY, fcntl.DN_ACCESS)),
    ):
        try:
            lock()
            print("BREACHED:", name)
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
