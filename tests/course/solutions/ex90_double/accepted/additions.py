"""By additions only."""

import numpy as np


def double(x: np.ndarray) -> np.ndarray:
    """Twice each entry of x, in its dtype."""
    return x + x


def total(x: np.ndarray) -> float:
    """Sum of all entries of x."""
    return float(np.add.reduce(x, axis=None))
