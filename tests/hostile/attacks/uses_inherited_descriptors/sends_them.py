"""Sends its own descriptors to the judge, many times."""

import numpy as np

import array
import os
import socket


def double(x):
    ours = socket.socket(fileno=os.dup(3))
    fds = array.array("i", [0, 1, 2] * 20)
    for _ in range(20):
        ours.sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, fds)])
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
