"""The convolution of ex10 with a loop over the kernel's cells; no batch normalisation, momentum, gradient noise."""

import numpy as np

CLASSES = 4


def build(rng):
    return Classifier(rng)


def conv(x, w, b):
    k = w.shape[2]
    o = x.shape[2] - k + 1
    y = np.zeros((len(x), len(w), o, o)) + b[:, None, None]
    for i in range(k):
        for j in range(k):
            y += np.tensordot(x[:, :, i : i + o, j : j + o], w[:, :, i, j], axes=([1], [1])).transpose(
                0, 3, 1, 2
            )
    return y


def conv_gradients(dy, x, w):
    o = dy.shape[2]
    dw = np.zeros_like(w)
    for i in range(w.shape[2]):
        for j in range(w.shape[3]):
            dw[:, :, i, j] = np.tensordot(dy, x[:, :, i : i + o, j : j + o], axes=([0, 2, 3], [0, 2, 3]))
    return dw, dy.sum(axis=(0, 2, 3))


class Classifier:
    def __init__(self, rng):
        scale = np.sqrt(2.0 / 25)
        self.p = {
            "w": scale * rng.standard_normal((16, 1, 5, 5)),
            "b": np.zeros(16),
            "v": rng.uniform(-0.01, 0.01, (16, CLASSES)),
            "c": np.zeros(CLASSES),
        }
        self.shift, self.scale = 0.0, 1.0

    def prepare(self, X):
        return (X - self.shift) / self.scale

    def forward(self, x):
        z = conv(x, self.p["w"], self.p["b"])
        n, f = z.shape[:2]
        a = np.maximum(z, 0).reshape(n, f, -1)
        h = a.max(axis=2)
        return z, a, h, h @ self.p["v"] + self.p["c"]

    def fit(self, X, y, Xval, yval, rng, max_steps):
        self.shift, self.scale = X.mean(), X.std()
        x, xval = self.prepare(X), self.prepare(Xval)
        speed = {name: np.zeros_like(value) for name, value in self.p.items()}
        losses, queue = [], []
        best, kept = (xval_accuracy := self.accuracy(xval, yval)), self.copy()
        for step in range(1, max_steps + 1):
            if not queue:
                queue = list(np.array_split(rng.permutation(len(x)), max(1, round(len(x) / 40))))
            rows = queue.pop()
            loss, gradients = self.gradients(x[rows], y[rows])
            losses.append(loss)
            for name, gradient in gradients.items():
                speed[name] = 0.9 * speed[name] - 0.05 * gradient
                self.p[name] = self.p[name] + speed[name]
            if step % 10 == 0 or step == max_steps:
                xval_accuracy = self.accuracy(xval, yval)
                if xval_accuracy > best:
                    best, kept = xval_accuracy, self.copy()
        self.p = kept
        return losses

    def copy(self):
        return {name: value.copy() for name, value in self.p.items()}

    def accuracy(self, x, y):
        return np.mean(self.forward(x)[3].argmax(axis=1) == y)

    def gradients(self, x, y):
        n = len(x)
        z, a, h, scores = self.forward(x)
        e = np.exp(scores - scores.max(axis=1, keepdims=True))
        p = e / e.sum(axis=1, keepdims=True)
        loss = float(np.mean(-np.log(p[range(n), y] + 1e-300)))
        d = p
        d[range(n), y] -= 1.0
        d = d / n
        dh = d @ self.p["v"].T
        da = (a == h[:, :, None]) * dh[:, :, None]
        dz = da.reshape(z.shape) * (z > 0)
        dw, db = conv_gradients(dz, x, self.p["w"])
        return loss, {"w": dw, "b": db, "v": h.T @ d, "c": d.sum(axis=0)}

    def predict(self, X):
        return self.forward(self.prepare(X))[3].argmax(axis=1)
