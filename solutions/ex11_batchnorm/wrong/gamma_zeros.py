"""Starts gamma at zero.

en: gamma starts at 0, so every output is beta: start gamma at ones, beta at zeros.
ko: gamma의 초깃값이 0이라 출력이 모두 beta입니다. gamma는 1, beta는 0으로 시작하세요.
fails: public/test_mean_and_std, test_train[usual], test_train[wide], test_train[two_samples],
  test_train_scales, test_forward_keeps_input, test_affine_initial, test_eps_large, test_eps_constant,
  test_eps_tiny_variance, test_eval_after_training, test_float32, test_float32_backward, test_speed,
  test_train_one_sample
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
        self.eps = eps
        self.momentum = momentum
        self.training = True
        self.gamma = np.zeros(d)
        self.beta = np.zeros(d)
        self.running_mean = np.zeros(d)
        self.running_var = np.ones(d)

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
        if self.training:
            n = len(x)
            if n < 2:
                raise ValueError(f"training needs at least two samples in a batch, got {n}")
            mean = x.mean(axis=0, dtype=np.float64)
            var = ((x - mean) ** 2).mean(axis=0)
            self.running_mean = (1 - self.momentum) * self.running_mean + self.momentum * mean
            unbiased = var * n / (n - 1)
            self.running_var = (1 - self.momentum) * self.running_var + self.momentum * unbiased
            std = np.sqrt(var + self.eps)
            x_hat = (x - mean) / std
            self.cache = (x_hat, std)
        else:
            x_hat = (x - self.running_mean) / np.sqrt(self.running_var + self.eps)
        return (self.gamma * x_hat + self.beta).astype(x.dtype)

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
        x_hat, std = self.cache
        g = self.gamma * dy
        dx = (g - g.mean(axis=0) - x_hat * (g * x_hat).mean(axis=0)) / std
        dgamma = (dy * x_hat).sum(axis=0)
        dbeta = dy.sum(axis=0)
        return dx.astype(dy.dtype), dgamma, dbeta


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
    mean = x.mean(axis=-1, keepdims=True, dtype=np.float64)
    var = ((x - mean) ** 2).mean(axis=-1, keepdims=True)
    return (gamma * (x - mean) / np.sqrt(var + eps) + beta).astype(x.dtype)
