"""Adds x_0 = 1 to the input and the bias on top.

en: The bias is counted twice: with x0=1 in front of the inputs, w @ x holds w[0] already.
ko: 편향을 두 번 더했습니다. 입력 앞에 x0=1을 붙였다면 w @ x에 이미 w[0]이 들어 있습니다.
fails: public/test_weighted_sum, public/test_and_by_hand, public/test_two_epochs, public/test_and_learnt,
  test_weighted_sum*, test_only_bias, test_predict[*, test_predict_rows, test_predict_unchanged, test_speed,
  test_boundary, test_one_epoch*, test_order, test_learning_rate, test_fit_unchanged, test_gate*,
  test_and_stops, test_separable_line, test_separable_classes
"""

import numpy as np


def weighted_sum(x: np.ndarray, w: np.ndarray) -> float:
    """What the neuron adds up: w[0] + w[1] x_1 + ... + w[D] x_D.

    Args:
        x: one sample, (D,), without x_0.
        w: weights, (D + 1,), the bias first.

    Source: Rosenblatt (1958), The Perceptron.
    """
    return float(w[0] + w @ np.concatenate([[1.0], x]))


def predict(w: np.ndarray, X: np.ndarray) -> np.ndarray:
    """Class of each sample: 1 where the weighted sum is greater than 0 or equal to it, else 0.

    Args:
        w: weights, (D + 1,), the bias first.
        X: samples, (N, D), without x_0.

    Returns:
        Classes, (N,), the integers 0 and 1 (dtype int64).
    """
    ones = np.ones((len(X), 1))
    return (w[0] + np.hstack([ones, X]) @ w >= 0).astype(np.int64)


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
