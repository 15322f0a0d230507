"""Works with classes -1 and 1 inside, and asks for t z < 0 or a 0 that should not be one."""

import numpy as np


def weighted_sum(x: np.ndarray, w: np.ndarray) -> float:
    """What the neuron adds up: w[0] + w[1] x_1 + ... + w[D] x_D.

    Args:
        x: one sample, (D,), without x_0.
        w: weights, (D + 1,), the bias first.

    Source: Rosenblatt (1958), The Perceptron.
    """
    return np.array([1.0, *x]) @ w


def predict(w: np.ndarray, X: np.ndarray) -> np.ndarray:
    """Class of each sample: 1 where the weighted sum is greater than 0 or equal to it, else 0.

    Args:
        w: weights, (D + 1,), the bias first.
        X: samples, (N, D), without x_0.

    Returns:
        Classes, (N,), the integers 0 and 1 (dtype int64).
    """
    z = w[0] + (w[None, 1:] @ X.T)[0]
    return np.logical_not(np.signbit(z + 0.0)).astype(int)


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
    t = 2.0 * y - 1.0
    w, n_updates, n = np.zeros(1 + X.shape[1]), 0, len(y)
    for step in range(epochs * n):
        i = step % n
        margin = t[i] * (w[0] + X[i] @ w[1:])
        if margin < 0 or (margin == 0 and t[i] < 0):
            w = w + lr * t[i] * np.append(1.0, X[i])
            n_updates = n_updates + 1
    return w, n_updates
