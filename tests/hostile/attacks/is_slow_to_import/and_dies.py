"""A while, and then every call ends the process."""

import numpy as np

import os
import time

time.sleep(0.3)


def double(x):
    os._exit(1)


def total(x):
    os._exit(1)


def gram(x):
    os._exit(1)


class Counter:
    def __init__(self, n):
        os._exit(1)

    def add(self, k):
        self.n += k
        return self.n

    def __add__(self, other):
        return Counter(self.n + other.n)


def apply(f, x):
    os._exit(1)
