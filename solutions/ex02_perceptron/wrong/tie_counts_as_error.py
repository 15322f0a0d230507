"""Updates wherever t·z <= 0, for classes t = ±1.

en: A sample of class 1 with w·x=0 is right already: t·(w·x) <= 0 takes it for an error, so compare the predicted class with y.
ko: w·x=0인 클래스 1의 표본은 이미 맞힌 것입니다. t·(w·x) <= 0은 이를 오류로 보므로, 예측한 클래스를 y와 비교하세요.
fails: public/test_and_learnt, test_boundary_fit, test_one_epoch*, test_order, test_learning_rate,
  test_count, test_fit_unchanged, test_gate*, test_and_stops, test_xor_never_stops, test_xor_weights,
  test_separable_line, test_separable_classes
"""

import numpy as np


def weighted_sum(x: np.ndarray, w: np.ndarray) -> float:
    """What the neuron adds up: w[0] + w[1] x_1 + ... + w[D] x_D.

    Args:
        x: one sample, (D,), without x_0.
        w: weights, (D + 1,), the bias first.

    Source: Rosenblatt (1958), The Perceptron.
    """
    return float(w[0] + w[1:] @ x)


def predict(w: np.ndarray, X: np.ndarray) -> np.ndarray:
    """Class of each sample: 1 where the weighted sum is greater than 0 or equal to it, else 0.

    Args:
        w: weights, (D + 1,), the bias first.
        X: samples, (N, D), without x_0.

    Returns:
        Classes, (N,), the integers 0 and 1 (dtype int64).
    """
    return (w[0] + X @ w[1:] >= 0).astype(np.int64)


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
            t = 2 * target - 1
            if t * weighted_sum(x, w) <= 0:
                w[0] += lr * t
                w[1:] += lr * t * x
                n_updates += 1
    return w, n_updates
