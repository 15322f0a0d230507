"""By products with constants."""

import numpy as np


def double(x: np.ndarray) -> np.ndarray:
    """Twice each entry of x, in its dtype."""
    return np.multiply(x, 2)


def total(x: np.ndarray) -> float:
    """Sum of all entries of x."""
    return float(np.ones(x.size) @ x.reshape(-1))
