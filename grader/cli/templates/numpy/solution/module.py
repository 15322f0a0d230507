"""An affine layer: each output is a weighted sum of the inputs, plus a bias."""

import numpy as np


def affine(x: np.ndarray, w: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Outputs of the layer for every sample: y = x w + b.

    Args:
        x: samples, one in each row, (N, D), float64 or float32.
        w: weights, (D, M), dtype of x.
        b: biases, (M,), dtype of x.

    Returns:
        Outputs, (N, M), dtype of x. The inputs are not changed.

    Source: Goodfellow et al., Deep Learning (2016), section 6.1.
    """
    # BEGIN SOLUTION
    return x @ w + b
    # END SOLUTION
