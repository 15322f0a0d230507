"""Closes its reading half."""

import numpy as np

import os
import socket


def double(x):
    socket.socket(fileno=os.dup(3)).shutdown(socket.SHUT_RD)
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
