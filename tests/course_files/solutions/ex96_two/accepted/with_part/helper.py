"""A part from an earlier exercise, say."""


def half(x):
    """As the name says."""
    return x / 2
