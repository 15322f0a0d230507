"""Both files."""

from layers import part, twice


def forward(x):
    """As the name says."""
    return twice(x) + 1


def share(x, n):
    """As the name says."""
    return part(x, n)
