"""A neuron with a threshold, and the perceptron's learning rule.

In every function w holds D + 1 weights for D inputs: w[0] is the bias, w[1] belongs to the first input, w[D]
to the last. It is as if each sample had one more input x_0 = 1 in front. Numbers are float64, classes are
the integers 0 and 1. No function changes the arrays that it is given.
"""

import numpy as np


def weighted_sum(x: np.ndarray, w: np.ndarray) -> float:
    """What the neuron adds up: w[0] + w[1] x_1 + ... + w[D] x_D.

    Args:
        x: one sample, (D,), without x_0.
        w: weights, (D + 1,), the bias first.

    Source: Rosenblatt (1958), The Perceptron.
    """
    raise NotImplementedError("weighted_sum is not written yet")


def predict(w: np.ndarray, X: np.ndarray) -> np.ndarray:
    """Class of each sample: 1 where the weighted sum is greater than 0 or equal to it, else 0.

    Args:
        w: weights, (D + 1,), the bias first.
        X: samples, (N, D), without x_0.

    Returns:
        Classes, (N,), the integers 0 and 1 (dtype int64).
    """
    raise NotImplementedError("predict is not written yet")


def perceptron_fit(X: np.ndarray, y: np.ndarray, lr: float = 1.0, epochs: int = 10) -> tuple[np.ndarray, int]:
    """Learn the weights by going through the samples again and again.

    All weights start at 0. In each epoch the samples are visited in the order in which they are given. Each
    is classified by the weights as they are at that moment; if the class is wrong, the weights change at
    once: w <- w + lr (y - prediction) x, with x_0 = 1 for the bias.

    Args:
        X: samples, (N, D), without x_0.
        y: their classes, (N,), the integers 0 and 1.
        lr: learning rate.
        epochs: how often to go through all samples.

    Returns:
        The tuple (w, n_updates): the weights (D + 1,), the bias first, and the number of times that they
        were changed, an int.

    Source: Rosenblatt (1958), The Perceptron.
    """
    raise NotImplementedError("perceptron_fit is not written yet")
