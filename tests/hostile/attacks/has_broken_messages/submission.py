"""Texts that raise, end, print, hang on, are no text."""

import numpy as np

import sys


class Raises(Exception):
    def __str__(self):
        raise SystemExit(0)


class Ends(Exception):
    def __str__(self):
        print("x" * 1000)
        raise KeyboardInterrupt


class NoText(Exception):
    def __str__(self):
        return 5


class Odd(str):
    def __getitem__(self, key):
        return self

    def encode(self, *args):
        return self

    def decode(self, *args):
        return 7


class OddText(Exception):
    def __str__(self):
        return Odd("x" * 10**7)


class Meta(type):
    @property
    def __name__(cls):
        raise SystemExit(0)


class Nameless(Exception, metaclass=Meta):
    pass


def double(x):
    raise Raises


def total(x):
    raise Ends


def gram(x):
    raise NoText


class Counter:
    def __init__(self, n):
        self.n = n

    def add(self, k):
        raise OddText

    def __add__(self, other):
        raise Nameless


def apply(f, x):
    raise ValueError("x" * 10**7)
