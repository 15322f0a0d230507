"""/proc, /sys, /dev."""

import numpy as np

import os


def double(x):
    for path in (
        "/proc/sys/kernel/hostname",
        "/proc/sys/kernel/core_pattern",
        "/proc/sysrq-trigger",
        "/proc/kcore",
        "/proc/kallsyms",
        "/proc/config.gz",
        "/proc/timer_list",
        "/dev/mem",
        "/dev/kmsg",
        "/dev/fuse",
        "/dev/kvm",
        "/dev/vda",
        "/dev/net/tun",
        "/dev/loop-control",
        "/sys/kernel/debug",
        "/sys/fs/cgroup",
        "/sys/devices",
        "/sys/module",
        "/proc/self/oom_score_adj",
        "/proc/self/uid_map",
        "/proc/self/timerslack_ns",
    ):
        for flags in (os.O_RDONLY, os.O_WRONLY):
            try:
                os.close(os.open(path, flags))
            except OSError:
                continue
            if not (path.startswith("/proc/self") and flags == os.O_RDONLY):
                print("BREACHED: opened", path, "for writing" if flags else "for reading")
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
