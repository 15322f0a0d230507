"""One of each."""

import numpy as np

import asyncio


class Ender(BaseException):
    pass


def double(x):
    raise SystemExit(0)


def total(x):
    raise KeyboardInterrupt


def gram(x):
    raise GeneratorExit


class Counter:
    def __init__(self, n):
        raise Ender

    def add(self, k):
        self.n += 2 * k
        return self.n

    def __add__(self, other):
        return Counter(0)


def apply(f, x):
    raise asyncio.CancelledError
