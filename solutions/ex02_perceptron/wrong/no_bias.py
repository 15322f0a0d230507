"""Leaves x_0 = 1 out of every sum.

en: The bias term is missing: x0=1 belongs to w0, so add w[0].
ko: 편향이 빠졌습니다. x0=1에 w0을 곱해 더하세요.
fails: public/test_weighted_sum, public/test_and_by_hand, public/test_two_epochs, public/test_and_learnt,
  test_weighted_sum*, test_only_bias, test_predict[*, test_predict_rows, test_predict_unchanged, test_speed,
  test_boundary, test_boundary_untrained, test_one_epoch*, test_order, test_learning_rate,
  test_fit_unchanged, test_gate*, test_and_stops, test_xor_never_stops, test_xor_weights,
  test_separable_line, test_separable_classes
includes: predict_without_bias
"""

import numpy as np


def weighted_sum(x: np.ndarray, w: np.ndarray) -> float:
    """What the neuron adds up: w[0] + w[1] x_1 + ... + w[D] x_D.

    Args:
        x: one sample, (D,), without x_0.
        w: weights, (D + 1,), the bias first.

    Source: Rosenblatt (1958), The Perceptron.
    """
    return float(w[1:] @ x)


def predict(w: np.ndarray, X: np.ndarray) -> np.ndarray:
    """Class of each sample: 1 where the weighted sum is greater than 0 or equal to it, else 0.

    Args:
        w: weights, (D + 1,), the bias first.
        X: samples, (N, D), without x_0.

    Returns:
        Classes, (N,), the integers 0 and 1 (dtype int64).
    """
    return (X @ w[1:] >= 0).astype(np.int64)


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
    w = np.zeros(X.shape[1] + 1)
    n_updates = 0
    for _ in range(epochs):
        for x, target in zip(X, y, strict=True):
            prediction = 1 if weighted_sum(x, w) >= 0 else 0
            if prediction != target:
                w[0] += lr * (target - prediction)
                w[1:] += lr * (target - prediction) * x
                n_updates += 1
    return w, n_updates
