"""The backward pass in small steps, one for each operation of the forward pass."""

import numpy as np


class BatchNorm1d:
    def __init__(self, d, eps=1e-5, momentum=0.1):
        self.gamma, self.beta = np.ones((d,)), np.zeros((d,))
        self.running_mean, self.running_var = np.zeros((d,)), np.ones((d,))
        self.training = True
        self.settings = {"eps": eps, "momentum": momentum}

    def forward(self, x):
        if not self.training:
            scale = self.gamma / np.sqrt(self.running_var + self.settings["eps"])
            return np.asarray(x * scale + (self.beta - self.running_mean * scale), dtype=x.dtype)
        n = x.shape[0]
        if n == 1:
            raise ValueError("one sample has no variance")
        mu = 1.0 / n * np.sum(x, axis=0)
        xmu = x - mu
        sq = xmu**2
        var = 1.0 / n * np.sum(sq, axis=0)
        sqrtvar = np.sqrt(var + self.settings["eps"])
        ivar = 1.0 / sqrtvar
        xhat = xmu * ivar
        m = self.settings["momentum"]
        self.running_mean = self.running_mean + m * (mu - self.running_mean)
        self.running_var = self.running_var + m * (np.sum(sq, axis=0) / (n - 1) - self.running_var)
        self.saved = n, xmu, ivar, sqrtvar, xhat, var
        return (self.gamma * xhat + self.beta).astype(x.dtype)

    def backward(self, dy):
        n, xmu, ivar, sqrtvar, xhat, var = self.saved
        dbeta = np.sum(dy, axis=0)
        dgamma = np.sum(dy * xhat, axis=0)
        dxhat = dy * self.gamma
        divar = np.sum(dxhat * xmu, axis=0)
        dxmu1 = dxhat * ivar
        dsqrtvar = -1.0 / sqrtvar**2 * divar
        dvar = 0.5 / np.sqrt(var + self.settings["eps"]) * dsqrtvar
        dsq = 1.0 / n * np.ones(dy.shape) * dvar
        dxmu2 = 2 * xmu * dsq
        dx1 = dxmu1 + dxmu2
        dmu = -1 * np.sum(dx1, axis=0)
        dx2 = 1.0 / n * np.ones(dy.shape) * dmu
        return (dx1 + dx2).astype(dy.dtype), dgamma, dbeta


def layer_norm(x, gamma, beta, eps=1e-5):
    flat = x.reshape(-1, x.shape[-1]).T
    mu = flat.mean(axis=0)
    var = np.var(flat, axis=0)
    return (((flat - mu) / np.sqrt(var + eps)).T * gamma + beta).reshape(x.shape).astype(x.dtype)
