"""Twice each entry, and the sum of all."""

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
