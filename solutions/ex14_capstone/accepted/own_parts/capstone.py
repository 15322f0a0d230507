"""The classifier from the parts of ex07, ex10 and ex11, which are handed in beside it."""

import numpy as np
from batchnorm import BatchNorm1d
from convolution import conv2d, conv2d_backward, max_pool2d, max_pool2d_backward
from minibatch import minibatches

KERNELS, SIDE, BATCH, RATE = 12, 5, 32, 0.03
PLACES = 12 - SIDE + 1


def build(rng):
    return Classifier(rng)


def endless(X, y, rng):
    """Batches of one size, epoch after epoch."""
    while True:
        yield from minibatches(X=X, y=y, batch_size=min(BATCH, len(X)), rng=rng, drop_last=True)


class Classifier:
    def __init__(self, rng):
        self.norm = BatchNorm1d(KERNELS)
        self.pixels = (0.0, 1.0)
        self.w = rng.standard_normal((KERNELS, 1, SIDE, SIDE)) * np.sqrt(2 / SIDE**2)
        self.v = 0.003 * rng.standard_normal((KERNELS, 4))
        self.c = np.zeros(4)

    def parameters(self):
        return [self.w, self.norm.gamma, self.norm.beta, self.v, self.c]

    def forward(self, x):
        z = conv2d(x, self.w, np.zeros(KERNELS))
        rows = z.transpose(0, 2, 3, 1).reshape(-1, KERNELS)
        a = self.norm.forward(rows).reshape(len(x), PLACES, PLACES, KERNELS).transpose(0, 3, 1, 2)
        a = np.maximum(a, 0)
        h = max_pool2d(a, PLACES, 1)[:, :, 0, 0]
        return a, h, h @ self.v + self.c

    def gradients(self, x, y):
        a, h, scores = self.forward(x)
        scores = scores - scores.max(axis=1, keepdims=True)
        p = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
        loss = -float(np.log(p[np.arange(len(y)), y]).mean())
        p[np.arange(len(y)), y] -= 1
        p /= len(y)
        da = max_pool2d_backward((p @ self.v.T)[:, :, None, None], a, PLACES, 1) * (a > 0)
        dz, dgamma, dbeta = self.norm.backward(da.transpose(0, 2, 3, 1).reshape(-1, KERNELS))
        dz = dz.reshape(len(x), PLACES, PLACES, KERNELS).transpose(0, 3, 1, 2)
        _, dw, _ = conv2d_backward(dz, x, self.w)
        return loss, [dw, dgamma, dbeta, h.T @ p, p.sum(axis=0)]

    def fit(self, X, y, Xval, yval, rng, max_steps):
        self.pixels = (X.mean(), X.std())
        x = (X - self.pixels[0]) / self.pixels[1]
        mean, square = ([np.zeros_like(p) for p in self.parameters()] for _ in range(2))
        batches = endless(x, y, rng)
        losses, best = [], (-1.0, [], ())
        for step in range(max_steps + 1):
            if step % 10 == 0 or step == max_steps:
                accuracy = float(np.mean(self.predict(Xval) == yval))
                if accuracy > best[0]:
                    kept = [p.copy() for p in self.parameters()]
                    best = (accuracy, kept, (self.norm.running_mean.copy(), self.norm.running_var.copy()))
            if step == max_steps:
                break
            loss, found = self.gradients(*next(batches))
            losses.append(loss)
            for p, g, m, s in zip(self.parameters(), found, mean, square, strict=True):
                m += 0.1 * (g - m)
                s += 0.01 * (g * g - s)
                p -= RATE * m / (1 - 0.9 ** (step + 1)) / (np.sqrt(s / (1 - 0.99 ** (step + 1))) + 1e-8)
        for p, one in zip(self.parameters(), best[1], strict=True):
            p[...] = one
        self.norm.running_mean, self.norm.running_var = best[2]
        return losses

    def predict(self, X):
        self.norm.training = False
        scores = self.forward((X - self.pixels[0]) / self.pixels[1])[2]
        self.norm.training = True
        return scores.argmax(axis=1)
