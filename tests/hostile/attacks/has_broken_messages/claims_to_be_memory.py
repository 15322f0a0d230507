"""Exceptions that say that they are another."""

import numpy as np


class Liar(Exception):
    @property
    def __class__(self):
        raise SystemExit(0)


class Memory(MemoryError):
    pass


MissingName = type("Missing", (Exception,), {})
EndOf = type("_End", (Exception,), {})


def double(x):
    raise Liar


def total(x):
    raise Memory


def gram(x):
    raise MissingName


class Counter:
    def __init__(self, n):
        self.n = n

    def add(self, k):
        raise EndOf

    def __add__(self, other):
        raise StopIteration(1)


def apply(f, x):
    raise TimeoutError
