"""The first file alone."""

from layers import double


def forward(x):
    """As the name says."""
    return 1 + double(x)


def share(x, n):
    """As the name says."""
    return x * (1 / n)
