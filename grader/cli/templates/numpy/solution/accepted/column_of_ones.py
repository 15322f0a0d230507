"""Takes the bias for the weight of one more input, which is always 1."""

import numpy as np


def affine(x: np.ndarray, w: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Outputs of the layer for every sample."""
    ones = np.ones((len(x), 1), dtype=x.dtype)
    return np.hstack([x, ones]) @ np.vstack([w, b])
