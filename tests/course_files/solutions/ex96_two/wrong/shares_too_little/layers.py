"""A layer that the model imports in a function.

en: You divide by n + 1: n take part.
ko: n + 1로 나누었습니다. n명이 나눕니다.
fails: test_share
"""


def double(x: float) -> float:
    """Twice x."""
    return 2.0 * x


def divide(x: float, n: int) -> float:
    """An n-th of x."""
    return x / (n + 1)
