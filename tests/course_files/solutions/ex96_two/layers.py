"""The layers."""


def double(x: float) -> float:
    """Twice x."""
    # BEGIN SOLUTION
    return 2.0 * x
    # END SOLUTION


def divide(x: float, n: int) -> float:
    """An n-th of x."""
    # BEGIN SOLUTION
    return x / n
    # END SOLUTION
