"""No backward pass written out: a small tape of array operations, as in ex05, finds the gradients."""

import numpy as np


class Node:
    def __init__(self, data, parents=()):
        self.data = data
        self.parents = parents  # (node, function from this node's gradient to that node's share)
        self.grad = None


def matmul(a, b):
    return Node(a.data @ b.data, ((a, lambda g: g @ b.data.T), (b, lambda g: a.data.T @ g)))


def add(a, b):
    return Node(a.data + b.data, ((a, lambda g: g), (b, lambda g: g.sum(axis=0))))


def constant(data):
    return Node(data)


def smooth_relu(a):
    """The softplus function log(1 + exp(z)): its slope is the sigmoid."""
    e = np.exp(-np.abs(a.data))
    slope = np.where(a.data >= 0, 1 / (1 + e), e / (1 + e))
    return Node(np.maximum(a.data, 0) + np.log1p(e), ((a, lambda g: g * slope),))


def soft_maximum(a, n):
    """Log of the mean of exp over the positions of each of n images, which is differentiable everywhere."""
    z = 2 * a.data.reshape(n, -1, a.data.shape[1])
    top = z.max(axis=1, keepdims=True)
    e = np.exp(z - top)
    weights = e / e.sum(axis=1, keepdims=True)
    value = (top[:, 0] + np.log(e.mean(axis=1))) / 2
    return Node(value, ((a, lambda g: (g[:, None, :] * weights).reshape(a.data.shape)),))


def cross_entropy(a, y):
    n = len(y)
    shifted = a.data - a.data.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    one_hot = np.zeros_like(log_p)
    one_hot[np.arange(n), y] = 1
    return Node(-(one_hot * log_p).sum() / n, ((a, lambda g: g * (np.exp(log_p) - one_hot) / n),))


def backward(result):
    order, seen = [], set()

    def visit(node):
        if id(node) not in seen:
            seen.add(id(node))
            for parent, _ in node.parents:
                visit(parent)
            order.append(node)

    visit(result)
    for node in order:
        node.grad = np.zeros_like(node.data)
    result.grad = np.ones_like(result.data)
    for node in reversed(order):
        for parent, share in node.parents:
            parent.grad = parent.grad + share(node.grad)


class Classifier:
    def __init__(self, rng):
        self.parameters = [
            Node(np.sqrt(2 / 25) * rng.standard_normal((25, 12))),
            Node(np.zeros(12)),
            Node(0.01 * rng.standard_normal((12, 4))),
            Node(np.zeros(4)),
        ]
        self.statistics = (0.0, 1.0)

    def scores(self, X):
        mean, std = self.statistics
        seen = np.lib.stride_tricks.sliding_window_view((X - mean) / std, (5, 5), axis=(2, 3))
        w, b, v, c = self.parameters
        z = add(matmul(constant(seen.reshape(-1, 25)), w), b)
        return add(matmul(soft_maximum(smooth_relu(z), len(X)), v), c)

    def fit(self, X, y, Xval, yval, rng, max_steps):
        self.statistics = np.mean(X), np.std(X)
        first = [np.zeros_like(p.data) for p in self.parameters]
        second = [np.zeros_like(p.data) for p in self.parameters]
        losses, order = [], np.array([], int)
        kept, best = [p.data for p in self.parameters], np.mean(self.predict(Xval) == yval)
        for step in range(1, max_steps + 1):
            if len(order) == 0:
                order = np.arange(len(X))
                rng.shuffle(order)
            rows, order = order[:32], order[32:]
            loss = cross_entropy(self.scores(X[rows]), y[rows])
            backward(loss)
            losses.append(float(loss.data))
            for i, p in enumerate(self.parameters):
                first[i] = 0.9 * first[i] + 0.1 * p.grad
                second[i] = 0.99 * second[i] + 0.01 * p.grad**2
                rate = 0.05 * np.sqrt(1 - 0.99**step) / (1 - 0.9**step)
                p.data = p.data - rate * first[i] / (np.sqrt(second[i]) + 1e-9)
            if step % 10 == 0 or step == max_steps:
                right = np.mean(self.predict(Xval) == yval)
                if right > best:
                    best, kept = right, [p.data for p in self.parameters]
        for p, data in zip(self.parameters, kept, strict=True):
            p.data = data
        return losses

    def predict(self, X):
        return np.argmax(self.scores(X).data, axis=-1)


def build(rng):
    return Classifier(rng)
