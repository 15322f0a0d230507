"""A list of layer objects, each with its own forward and backward, that keep what backward needs."""

import numpy as np


class _Linear:
    def __init__(self, W: np.ndarray, b: np.ndarray) -> None:
        self.W, self.b = W.copy(), b.copy()

    def forward(self, A: np.ndarray) -> np.ndarray:
        self.A = A
        return A.dot(self.W) + self.b

    def backward(self, dZ: np.ndarray) -> np.ndarray:
        self.dW = np.dot(self.A.T, dZ)
        self.db = np.dot(np.ones(len(dZ)), dZ)
        return dZ.dot(self.W.T)

    def step(self, lr: float) -> None:
        self.W -= lr * self.dW
        self.b -= lr * self.db


class _Tanh:
    def forward(self, Z: np.ndarray) -> np.ndarray:
        self.H = np.tanh(Z)
        return self.H

    def backward(self, dH: np.ndarray) -> np.ndarray:
        return dH - dH * self.H**2


class _Network:
    def __init__(self, P: dict[str, np.ndarray]) -> None:
        self.first, self.second = _Linear(P["W1"], P["b1"]), _Linear(P["W2"], P["b2"])
        self.layers = [self.first, _Tanh(), self.second]

    def logits(self, X: np.ndarray) -> np.ndarray:
        for layer in self.layers:
            X = layer.forward(X)
        return X

    def probabilities(self, X: np.ndarray) -> np.ndarray:
        return 0.5 + 0.5 * np.tanh(self.logits(X) / 2)

    def backward(self, dZ: np.ndarray) -> None:
        for layer in reversed(self.layers):
            dZ = layer.backward(dZ)


def forward(X: np.ndarray, P: dict[str, np.ndarray]) -> np.ndarray:
    """Probability that the label is 1, for each sample.

    h = tanh(X W1 + b1), z2 = h W2 + b2, p = sigmoid(z2).

    Args:
        X: inputs, (N, D).
        P: parameters.

    Returns:
        p, (N,): one axis, not two. Finite also where z2 is ±1000.

    Source: Goodfellow et al., Deep Learning (2016), section 6.1.
    """
    return _Network(P).probabilities(X).squeeze(axis=1)


def bce_with_logits(z2: np.ndarray, y: np.ndarray) -> float:
    """Mean binary cross-entropy, computed from the logits.

    The mean over the samples of -y log p - (1 - y) log(1 - p) with p = sigmoid(z2).

    Args:
        z2: logits, what goes into the sigmoid, (N,). Any finite values, also ±1000.
        y: labels, (N,).
        Either may come as a column (N, 1): then count it as N numbers, or raise a ValueError; but never make
        a table (N, N) of the two.

    Returns:
        The loss, a finite number.

    Source: Goodfellow et al., Deep Learning (2016), section 6.2.2.2.
    """
    margins = (2 * y.reshape(-1, 1) - 1) * z2.reshape(-1, 1)  # positive where the logit has the right sign
    return np.mean(np.where(margins > 0, 0.0, -margins) + np.log(1 + np.exp(-np.abs(margins))))


def backward(X: np.ndarray, y: np.ndarray, P: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Gradients of the loss, `bce_with_logits`, with respect to every parameter.

    Args:
        X: inputs, (N, D).
        y: labels, (N,).
        P: parameters.

    Returns:
        A dict with the keys of P: the gradient with respect to each parameter, in its shape. Finite also
        where z2 is ±1000.

    Source: Rumelhart, Hinton, Williams (1986), Learning representations by back-propagating errors.
    """
    network = _Network(P)
    column = y.reshape(-1, 1)
    network.backward((network.probabilities(X) - column) / column.size)
    one, two = network.first, network.second
    return {"b2": two.db, "W2": two.dW, "b1": one.db, "W1": one.dW}


def init(rng: np.random.Generator, n_in: int, n_hidden: int) -> dict[str, np.ndarray]:
    """Parameters to start training from.

    Args:
        rng: where all random numbers come from: the same state gives the same parameters, another one
            others.
        n_in: D, n_hidden: H.

    Returns:
        P. No two hidden units have the same weights. Biases may be zero.

    Source: Goodfellow et al., Deep Learning (2016), section 8.4.
    """
    W1 = rng.normal(scale=0.3, size=(n_hidden, n_in)).T
    return {"W1": W1, "b1": np.zeros(n_hidden), "W2": np.zeros((n_hidden, 1)), "b2": np.zeros(1)}


def train(
    X: np.ndarray, y: np.ndarray, P: dict[str, np.ndarray], lr: float, steps: int
) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Gradient descent on all samples at once.

    Args:
        X: inputs, (N, D).
        y: labels, (N,).
        P: parameters to start from. They are left as they are.
        lr: learning rate.
        steps: number of steps; in each one all parameters move together.

    Returns:
        (P, losses): the parameters after the last step, new arrays, and the loss before each step, an array
        (steps,).
    """
    network = _Network(P)
    column = y.reshape(-1, 1)
    losses = np.full(steps, np.nan)
    for k in range(steps):
        p = network.probabilities(X)
        losses[k] = bce_with_logits(network.second.forward(network.layers[1].H), y)
        network.backward((p - column) / column.size)
        network.first.step(lr)
        network.second.step(lr)
    one, two = network.first, network.second
    return {"W1": one.W, "b1": one.b, "W2": two.W, "b2": two.b}, losses
