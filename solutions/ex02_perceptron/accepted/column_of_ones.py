"""Puts x_0 = 1 in front of every sample and updates all weights by one line."""

import numpy as np


def weighted_sum(x: np.ndarray, w: np.ndarray) -> float:
    """What the neuron adds up: w[0] + w[1] x_1 + ... + w[D] x_D.

    Args:
        x: one sample, (D,), without x_0.
        w: weights, (D + 1,), the bias first.

    Source: Rosenblatt (1958), The Perceptron.
    """
    return np.dot(w, np.concatenate(([1.0], x)))


def predict(w: np.ndarray, X: np.ndarray) -> np.ndarray:
    """Class of each sample: 1 where the weighted sum is greater than 0 or equal to it, else 0.

    Args:
        w: weights, (D + 1,), the bias first.
        X: samples, (N, D), without x_0.

    Returns:
        Classes, (N,), the integers 0 and 1 (dtype int64).
    """
    ones = np.ones((len(X), 1))
    return np.where(np.hstack([ones, X]) @ w >= 0, 1, 0)


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
    samples = np.column_stack([np.ones(len(X)), X])
    w = np.zeros(samples.shape[1])
    n_updates = 0
    for _ in range(epochs):
        for x, target in zip(samples, y, strict=True):
            error = target - (w @ x >= 0)
            w += lr * error * x
            n_updates += abs(error)
    return w, n_updates
