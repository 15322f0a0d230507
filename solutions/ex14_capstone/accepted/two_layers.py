"""Layers with forward and backward, two small convolutions with batch normalisation, RMSprop, float32."""

import numpy as np


class Conv:
    def __init__(self, rng, inputs, outputs, k=3):
        self.k = k
        self.w = (rng.standard_normal((inputs * k * k, outputs)) * np.sqrt(2 / (inputs * k * k))).astype(
            np.float32
        )

    def forward(self, x, training):
        self.shape = x.shape
        windows = np.lib.stride_tricks.sliding_window_view(x, (self.k, self.k), axis=(2, 3))
        self.columns = windows.transpose(0, 2, 3, 1, 4, 5).reshape(-1, len(self.w))
        n, _, h, w = self.shape
        return (self.columns @ self.w).reshape(n, h - self.k + 1, w - self.k + 1, -1).transpose(0, 3, 1, 2)

    def backward(self, dy):
        n, f, h, w = dy.shape
        flat = dy.transpose(0, 2, 3, 1).reshape(-1, f)
        self.dw = self.columns.T @ flat
        if self.shape[1] == 1:
            return None
        back = (flat @ self.w.T).reshape(n, h, w, self.shape[1], self.k, self.k)
        dx = np.zeros(self.shape, np.float32)
        for i in range(self.k):
            for j in range(self.k):
                dx[:, :, i : i + h, j : j + w] += back[..., i, j].transpose(0, 3, 1, 2)
        return dx


class BatchNorm:
    def __init__(self, d):
        self.g, self.b = np.ones((1, d, 1, 1), np.float32), np.zeros((1, d, 1, 1), np.float32)
        self.m, self.v = np.zeros((1, d, 1, 1), np.float32), np.ones((1, d, 1, 1), np.float32)

    def forward(self, x, training):
        m, v = self.m, self.v
        if training:
            m = x.mean(axis=(0, 2, 3), keepdims=True)
            v = x.var(axis=(0, 2, 3), keepdims=True)
            self.m, self.v = 0.85 * self.m + 0.15 * m, 0.85 * self.v + 0.15 * v
        self.s = np.sqrt(v + 1e-5)
        self.h = (x - m) / self.s
        return self.g * self.h + self.b

    def backward(self, dy):
        axes = {"axis": (0, 2, 3), "keepdims": True}
        self.dg, self.db = (dy * self.h).sum(**axes), dy.sum(**axes)
        d = self.g * dy
        return (d - d.mean(**axes) - self.h * (d * self.h).mean(**axes)) / self.s


class Relu:
    def forward(self, x, training):
        self.on = x > 0
        return x * self.on

    def backward(self, dy):
        return dy * self.on


class GlobalMax:
    def forward(self, x, training):
        self.shape = x.shape
        flat = x.reshape(*x.shape[:2], -1)
        self.at = flat.argmax(axis=2)
        return flat.max(axis=2)

    def backward(self, dy):
        dx = np.zeros((*self.shape[:2], self.shape[2] * self.shape[3]), dy.dtype)
        np.put_along_axis(dx, self.at[:, :, None], dy[:, :, None], axis=2)
        return dx.reshape(self.shape)


class Linear:
    def __init__(self, rng, inputs, outputs):
        self.w = 0.005 * rng.standard_normal((inputs, outputs)).astype(np.float32)
        self.b = np.zeros(outputs, np.float32)

    def forward(self, x, training):
        self.x = x
        return x @ self.w + self.b

    def backward(self, dy):
        self.dw, self.db = self.x.T @ dy, dy.sum(axis=0)
        return dy @ self.w.T


class Model:
    def __init__(self, rng):
        first, second = 6, 12
        self.layers = [
            Conv(rng, 1, first), BatchNorm(first), Relu(),
            Conv(rng, first, second), BatchNorm(second), Relu(),
            GlobalMax(), Linear(rng, second, 4),
        ]  # fmt: skip
        self.mean, self.std = 4000.0, 30.0

    def forward(self, X, training=False):
        x = ((X - self.mean) / self.std).astype(np.float32)
        for layer in self.layers:
            x = layer.forward(x, training)
        return x.astype(np.float64)

    def fit(self, X, y, Xval, yval, rng, max_steps):
        self.mean, self.std = X.mean(), X.std()
        squares, losses = {}, []
        best = self.snapshot(Xval, yval)
        while len(losses) < max_steps:
            order = rng.permutation(len(X))
            for rows in (order[i : i + 50] for i in range(0, len(order), 50)):
                if len(losses) == max_steps:
                    break
                losses.append(self.learn(X[rows], y[rows]))
                self.update(squares, 0.01)
                if len(losses) % 10 == 0 or len(losses) == max_steps:
                    best = max(best, self.snapshot(Xval, yval), key=lambda one: one[0])
        for layer, state in zip(self.layers, best[1], strict=True):
            layer.__dict__.update(state)
        return losses

    def snapshot(self, X, y):
        right = float((self.predict(X) == y).mean())
        return right, [
            {key: value.copy() for key, value in vars(layer).items() if key in ("w", "b", "g", "m", "v")}
            for layer in self.layers
        ]

    def learn(self, X, y):
        s = self.forward(X, training=True)
        s -= s.max(axis=1, keepdims=True)
        log_z = np.log(np.exp(s).sum(axis=1))
        loss = np.mean(log_z - s[np.arange(len(y)), y])
        d = (np.exp(s - log_z[:, None]) - np.eye(4)[y]) / len(y)
        d = d.astype(np.float32)
        for layer in reversed(self.layers):
            d = layer.backward(d)
        return loss

    def update(self, squares, rate):
        for i, layer in enumerate(self.layers):
            for name in ("w", "b", "g"):
                gradient = getattr(layer, f"d{name}", None)
                if gradient is not None:
                    key = i, name
                    square = squares.get(key, gradient**2)
                    squares[key] = 0.95 * square + 0.05 * gradient**2
                    setattr(
                        layer, name, getattr(layer, name) - rate * gradient / (np.sqrt(squares[key]) + 1e-6)
                    )

    def predict(self, X):
        return np.concatenate([self.forward(X[i : i + 100]).argmax(axis=1) for i in range(0, len(X), 100)])


def build(rng):
    return Model(rng)
