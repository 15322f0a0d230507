"""Puts biases into the weight matrices; sums are einsum, the loss is logaddexp; refuses shapes that differ."""

import numpy as np


def _extended(A: np.ndarray) -> np.ndarray:
    """A with a column of ones, whose weights are the biases."""
    return np.hstack([A, np.ones((len(A), 1))])


def _joined(P: dict[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    return np.vstack([P["W1"], P["b1"]]), np.append(P["W2"][:, 0], P["b2"])


def _parted(V1: np.ndarray, v2: np.ndarray) -> dict[str, np.ndarray]:
    return {"W1": V1[:-1], "b1": V1[-1], "W2": v2[:-1, None], "b2": v2[-1:]}


def _gradients(
    X1: np.ndarray, y: np.ndarray, V1: np.ndarray, v2: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    H1 = _extended(np.tanh(X1 @ V1))
    error = np.exp(-np.logaddexp(0, -(H1 @ v2))) - y
    slope = 1 - np.square(H1[:, :-1])
    g1 = np.einsum("n,nd,h,nh->dh", error, X1, v2[:-1], slope)
    return g1 / len(y), np.einsum("n,nh->h", error, H1) / len(y)


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
    V1, v2 = _joined(P)
    return np.exp(-np.logaddexp(0, -(_extended(np.tanh(_extended(X) @ V1)) @ v2)))


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
    if z2.shape != y.shape:
        raise ValueError(f"logits {z2.shape} and labels {y.shape} differ in shape")
    return np.average(np.logaddexp(0, z2) - y * z2)


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
    return _parted(*_gradients(_extended(X), y, *_joined(P)))


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
    bound = np.sqrt(6 / (n_in + n_hidden))  # Glorot and Bengio (2010)
    return {
        "W1": rng.uniform(-bound, bound, size=(n_in, n_hidden)),
        "b1": rng.uniform(-0.1, 0.1, size=n_hidden),
        "W2": rng.uniform(-bound, bound, size=(n_hidden, 1)),
        "b2": np.zeros(1),
    }


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
    X1 = _extended(X)
    V1, v2 = _joined(P)
    losses = np.empty(steps)
    for k in range(steps):
        losses[k] = bce_with_logits(_extended(np.tanh(X1 @ V1)) @ v2, y)
        g1, g2 = _gradients(X1, y, V1, v2)
        V1, v2 = V1 - lr * g1, v2 - lr * g2
    return _parted(V1, v2), losses
