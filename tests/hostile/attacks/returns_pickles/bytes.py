"""Pickles as bytes, and in place of an answer."""

import numpy as np

import os
import pickle

PICKLE = b"cposix\nmkdir\n(S'/tmp/dlgrade-hostile-mark-pickle'\ntR."


def double(x):
    return PICKLE


def total(x):
    return PICKLE.decode()


def gram(x):
    return np.frombuffer(PICKLE, np.uint8)


class Counter:
    def __init__(self, n):
        self.n = n

    def add(self, k):
        self.n += 2 * k
        return self.n

    def __add__(self, other):
        return Counter(0)


def apply(f, x):
    os.write(3, PICKLE)
    return PICKLE
