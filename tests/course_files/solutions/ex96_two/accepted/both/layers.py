"""Names of its own."""


def twice(x):
    """As the name says."""
    return x + x


def part(x, n):
    """As the name says."""
    return x / n
