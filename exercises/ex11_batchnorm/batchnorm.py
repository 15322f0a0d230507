"""Batch normalisation with its backward pass, and layer normalisation, in NumPy.

N samples in a batch, D features. A name that begins with d is the gradient of the loss with respect to what
follows, in the same shape. No function changes the arrays that it is given.
"""

import numpy as np


class BatchNorm1d:
    """Batch normalisation of D features.

    Attributes, which may be read and assigned from outside at any time:
        training: True at first. If False, `forward` uses the running statistics.
        gamma, beta: scale and shift of each feature, (D,), float64; ones and zeros at first.
        running_mean, running_var: mean and variance of each feature as estimated so far, (D,), float64; zeros
            and ones at first.

    Source: Ioffe & Szegedy (2015), Batch Normalization, algorithms 1 and 2; running statistics as in PyTorch.
    """

    def __init__(self, d: int, eps: float = 1e-5, momentum: float = 0.1) -> None:
        """A layer in training mode.

        Args:
            d: number of features.
            eps: added to the variance, under the root.
            momentum: weight of the new batch in the running statistics, from 0 to 1.
        """
        raise NotImplementedError("__init__ is not written yet")

    def forward(self, x: np.ndarray) -> np.ndarray:
        """Normalise each feature, then scale it by gamma and shift it by beta.

        In training mode the mean and the biased variance (divided by N) of this batch are used, and the
        running statistics are updated:

            running = (1 - momentum) * running + momentum * batch

        where running_var takes the unbiased variance (divided by N - 1). In evaluation mode the running
        statistics are used, nothing is updated, and a batch may hold a single sample.

        Args:
            x: inputs (N, D), float64 or float32.

        Returns:
            y (N, D), dtype of x.

        Raises:
            ValueError: a batch of one sample in training mode.
        """
        raise NotImplementedError("forward is not written yet")

    def backward(self, dy: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Gradients for the batch of the last `forward` in training mode.

        With g = gamma * dy and means over the batch:

            dx = (g - mean(g) - x_hat * mean(g * x_hat)) / sqrt(var + eps)

        Args:
            dy: gradient with respect to y, (N, D).

        Returns:
            (dx, dgamma, dbeta) in the shapes of x, gamma and beta; dx has the dtype of dy.

        Source: Ioffe & Szegedy (2015), section 3.
        """
        raise NotImplementedError("backward is not written yet")


def layer_norm(x: np.ndarray, gamma: np.ndarray, beta: np.ndarray, eps: float = 1e-5) -> np.ndarray:
    """Normalise each sample over its features, then scale and shift: no batch, no running statistics.

    Args:
        x: inputs (..., D), float64 or float32; everything but the last axis counts samples.
        gamma, beta: scale and shift of each feature, (D,).
        eps: added to the biased variance, under the root.

    Returns:
        y in the shape and dtype of x.

    Source: Ba, Kiros & Hinton (2016), Layer Normalization, section 3.
    """
    raise NotImplementedError("layer_norm is not written yet")
