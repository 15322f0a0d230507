"""Objects whose unpickling runs a command."""

import numpy as np

import os
import pickle


class Bomb:
    def __reduce__(self):
        return os.mkdir, ("/tmp/dlgrade-hostile-mark-pickle",)

    __copy__ = __deepcopy__ = __reduce_ex__ = lambda self, *args: (
        os.mkdir,
        ("/tmp/dlgrade-hostile-mark-pickle",),
    )


def double(x):
    return Bomb()


def total(x):
    return [Bomb()]


def gram(x):
    return {"x": Bomb()}


class Counter:
    def __init__(self, n):
        self.n = n

    def add(self, k):
        return Bomb

    def __add__(self, other):
        return Bomb()


def apply(f, x):
    return (Bomb(),)
