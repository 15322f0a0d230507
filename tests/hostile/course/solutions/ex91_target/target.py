"""Arrays, a number, an object with state, and a function that is given a function."""

import numpy as np


def double(x: np.ndarray) -> np.ndarray:
    """Twice each entry of x, in its dtype."""
    # BEGIN SOLUTION
    return 2 * x
    # END SOLUTION


def total(x: np.ndarray) -> float:
    """Sum of all entries of x."""
    # BEGIN SOLUTION
    return float(x.sum())
    # END SOLUTION


def gram(x: np.ndarray) -> np.ndarray:
    """Products of all pairs of rows of x."""
    # BEGIN SOLUTION
    return x @ x.T
    # END SOLUTION


class Counter:
    """Counts from n on."""

    def __init__(self, n: int) -> None:
        # BEGIN SOLUTION
        self.n = n
        # END SOLUTION

    def add(self, k: int) -> int:
        """Count k more; returns the count."""
        # BEGIN SOLUTION
        self.n += k
        return self.n
        # END SOLUTION

    def __add__(self, other: "Counter") -> "Counter":
        # BEGIN SOLUTION
        return Counter(self.n + other.n)
        # END SOLUTION


def apply(f, x: np.ndarray) -> np.ndarray:
    """F of each entry of x."""
    # BEGIN SOLUTION
    return np.array([f(v) for v in x.tolist()])
    # END SOLUTION
