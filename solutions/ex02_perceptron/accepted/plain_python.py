"""Lists and Python floats; stops at the first epoch without an error."""

import numpy as np


def weighted_sum(x: np.ndarray, w: np.ndarray) -> float:
    """What the neuron adds up: w[0] + w[1] x_1 + ... + w[D] x_D.

    Args:
        x: one sample, (D,), without x_0.
        w: weights, (D + 1,), the bias first.

    Source: Rosenblatt (1958), The Perceptron.
    """
    return w[0] + sum(weight * value for weight, value in zip(w[1:], x, strict=True))


def predict(w: np.ndarray, X: np.ndarray) -> np.ndarray:
    """Class of each sample: 1 where the weighted sum is greater than 0 or equal to it, else 0.

    Args:
        w: weights, (D + 1,), the bias first.
        X: samples, (N, D), without x_0.

    Returns:
        Classes, (N,), the integers 0 and 1 (dtype int64).
    """
    bias, rest = w[:1], w[1:]
    z = np.einsum("nd,d->n", X, rest) + bias
    return 1 - (z < 0).astype(int)


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
    rows, targets = X.tolist(), y.tolist()
    w = [0.0] * (len(rows[0]) + 1)
    count = 0
    for _ in range(epochs):
        before = count
        for row, target in zip(rows, targets, strict=True):
            fires = w[0] + sum(a * b for a, b in zip(w[1:], row, strict=True)) >= 0
            if fires and target == 0:
                step = -lr
            elif not fires and target == 1:
                step = lr
            else:
                continue
            w = [w[0] + step, *(a + step * b for a, b in zip(w[1:], row, strict=True))]
            count += 1
        if count == before:
            break
    return np.array(w), count
