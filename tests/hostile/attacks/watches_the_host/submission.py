"""Loads, counters, performance events, names."""

import numpy as np

import ctypes
import os


def double(x):
    for path in (
        "/proc/stat",
        "/proc/loadavg",
        "/proc/uptime",
        "/proc/interrupts",
        "/proc/meminfo",
        "/proc/vmstat",
        "/proc/schedstat",
        "/proc/sysvipc/shm",
        "/proc/net/tcp",
        "/proc/locks",
        "/proc/version",
        "/proc/cmdline",
        "/proc/keys",
    ):
        try:
            with open(path) as file:
                file.read(10)
            print("BREACHED: read", path)
        except OSError:
            pass
    libc = ctypes.CDLL(None, use_errno=True)
    attributes = ctypes.create_string_buffer(128)
    attributes[4] = 112
    if libc.syscall(298, attributes, 0, -1, -1, 0) >= 0:
        print("BREACHED: perf_event_open")
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
