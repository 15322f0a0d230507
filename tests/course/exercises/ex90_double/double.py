"""Twice each entry, and the sum of all."""

import numpy as np


def double(x: np.ndarray) -> np.ndarray:
    """Twice each entry of x, in its dtype."""
    raise NotImplementedError("double is not written yet")


def total(x: np.ndarray) -> float:
    """Sum of all entries of x."""
    raise NotImplementedError("total is not written yet")
