"""Means as products with matrices: C = I - 1/N takes the mean away, and so does its transpose backward."""

import numpy as np


class BatchNorm1d:
    training = True

    def __init__(self, d, eps=1e-5, momentum=0.1):
        self.d, self.eps, self.momentum = d, eps, momentum
        self.gamma = np.full(d, 1.0)
        self.beta = np.full(d, 0.0)
        self.running_mean = self.beta.copy()
        self.running_var = self.gamma.copy()

    def forward(self, x):
        if not self.training:
            return self._output(x - self.running_mean, self.running_var, x.dtype)
        n = len(x)
        if n <= 1:
            raise ValueError("a batch of one")
        self.c = np.eye(n) - np.full((n, n), 1 / n)
        centred = self.c @ x.astype(np.float64)
        self.var = np.einsum("nd,nd->d", centred, centred) / n
        keep = 1 - self.momentum
        self.running_mean = np.average(
            [self.running_mean, x.mean(axis=0)], axis=0, weights=[keep, self.momentum]
        )
        unbiased = np.var(x, axis=0, ddof=1)
        self.running_var = np.average([self.running_var, unbiased], axis=0, weights=[keep, self.momentum])
        self.x_hat = centred * (self.var + self.eps) ** -0.5
        return self._output(centred, self.var, x.dtype)

    def _output(self, centred, var, dtype):
        return np.asarray(self.beta + self.gamma * centred / (var + self.eps) ** 0.5, dtype)

    def backward(self, dy):
        n = len(dy)
        g = np.einsum("nd,d->nd", dy.astype(np.float64), self.gamma)
        along = np.einsum("nd,nd->d", g, self.x_hat) / n
        dx = self.c @ (g - self.x_hat * along) / np.sqrt(self.var + self.eps)
        return np.asarray(dx, dy.dtype), np.einsum("nd,nd->d", dy, self.x_hat), np.ones(n) @ dy


def layer_norm(x, gamma, beta, eps=1e-5):
    centred = x - np.average(x, axis=-1)[..., None]
    var = np.einsum("...d,...d->...", centred, centred)[..., None] / x.shape[-1]
    return np.asarray(centred / np.sqrt(var + eps) * gamma + beta, x.dtype)
