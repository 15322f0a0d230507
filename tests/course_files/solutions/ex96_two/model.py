"""A model that is made of layers."""

import layers


def forward(x: float) -> float:
    """Twice x, and 1."""
    # BEGIN SOLUTION
    return layers.double(x) + 1.0
    # END SOLUTION


def share(x: float, n: int) -> float:
    """An n-th of x."""
    # BEGIN SOLUTION
    from layers import divide

    return divide(x, n)
    # END SOLUTION
