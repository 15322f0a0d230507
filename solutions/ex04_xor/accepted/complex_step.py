"""Differentiates by the complex step: the imaginary part of the loss at P + iε, no chain rule at all."""

import numpy as np

STEP = 1e-30  # nothing is subtracted, so nothing is rounded away


def _loss(z2: np.ndarray, y: np.ndarray) -> complex:
    """The loss as an analytic function on each side of 0."""
    positive = z2.real > 0
    small = np.exp(np.where(positive, -z2, z2))
    return np.mean(np.where(positive, z2, 0) - z2 * y + np.log1p(small))


def _logits(X: np.ndarray, P: dict[str, np.ndarray]) -> np.ndarray:
    hidden = np.tanh(np.matmul(X, P["W1"]) + P["b1"])
    return np.matmul(hidden, P["W2"]).ravel() + P["b2"]


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
    z2 = _logits(X, P)
    p = np.empty(len(z2))
    p[z2 >= 0] = 1 / (1 + np.exp(-z2[z2 >= 0]))
    p[z2 < 0] = np.exp(z2[z2 < 0]) / (1 + np.exp(z2[z2 < 0]))
    return p


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
    return float(_loss(z2.reshape(-1).astype(complex), y.reshape(-1)).real)


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
    gradients = {}
    for name in P:
        moved = {**P, name: P[name].astype(complex)}
        gradient = np.zeros(P[name].size)
        for i in range(gradient.size):
            moved[name].flat[i] += 1j * STEP
            gradient[i] = _loss(_logits(X, moved).astype(complex), y).imag / STEP
            moved[name].flat[i] -= 1j * STEP
        gradients[name] = gradient.reshape(P[name].shape)
    return gradients


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
    square, _ = np.linalg.qr(rng.standard_normal((max(n_in, n_hidden), max(n_in, n_hidden))))
    W2 = rng.laplace(size=(n_hidden, 1))
    return {"W1": square[:n_in, :n_hidden].copy(), "b1": np.zeros(n_hidden), "W2": W2, "b2": np.zeros(1)}


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
    losses = []
    for _ in range(steps):
        losses.append(bce_with_logits(_logits(X, P), y))
        slopes = backward(X, y, P)
        P = {name: value - lr * slopes[name] for name, value in P.items()}
    return P, np.array(losses)
