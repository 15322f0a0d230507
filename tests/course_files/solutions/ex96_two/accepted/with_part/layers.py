"""Takes from the optional file."""

from helper import half


def double(x):
    """As the name says."""
    return half(4 * x)


def divide(x, n):
    """As the name says."""
    return 2 * half(x) / n
