"""Looks who it is."""

import numpy as np

import os

if os.getuid() == 0 and not os.path.exists("/proc/self/uid_map"):
    print("BREACHED: is root")
if os.getuid() == 0:
    with open("/proc/self/uid_map") as file:
        if file.read().split() == ["0", "0", "4294967295"]:
            print("BREACHED: is root")


def double(x):
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
