"""Python loops over samples, units and inputs, with the functions of math."""

import math

import numpy as np


def _sigmoid(z: float) -> float:
    if z >= 0:
        return 1 / (1 + math.exp(-z))
    return math.exp(z) / (1 + math.exp(z))


def _unit(x: np.ndarray, P: dict[str, np.ndarray], j: int) -> float:
    z = float(P["b1"][j])
    for i, value in enumerate(x):
        z += value * P["W1"][i, j]
    return math.tanh(z)


def _logit(h: list[float], P: dict[str, np.ndarray]) -> float:
    return float(P["b2"][0]) + sum(h[j] * float(P["W2"][j, 0]) for j in range(len(h)))


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
    units = range(len(P["b1"]))
    return np.array([_sigmoid(_logit([_unit(x, P, j) for j in units], P)) for x in X])


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
    total = 0.0
    numbers = z2.flatten().tolist()
    for z, label in zip(numbers, y.flatten().tolist(), strict=True):
        wrong_way = -z if label == 1 else z  # the logit of the other label
        total += max(wrong_way, 0.0) + math.log1p(math.exp(-abs(wrong_way)))
    return total / len(numbers)


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
    n, units = len(X), range(len(P["b1"]))
    gradients = {name: np.zeros(P[name].shape) for name in P}
    for x, label in zip(X, y, strict=True):
        h = [_unit(x, P, j) for j in units]
        dz2 = (_sigmoid(_logit(h, P)) - label) / n
        gradients["b2"][0] += dz2
        for j in units:
            gradients["W2"][j, 0] += dz2 * h[j]
            dz1 = dz2 * P["W2"][j, 0] * (1 - h[j]) * (1 + h[j])
            gradients["b1"][j] += dz1
            for i, value in enumerate(x):
                gradients["W1"][i, j] += dz1 * value
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
    W1, W2 = np.zeros((n_in, n_hidden)), np.zeros((n_hidden, 1))
    for j in range(n_hidden):
        for i in range(n_in):
            W1[i, j] = rng.normal(0, 0.5)
        W2[j, 0] = rng.normal(0, 0.5)
    return {"W1": W1, "b1": np.zeros(n_hidden), "W2": W2, "b2": np.zeros(1)}


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
    P = {name: value.copy() for name, value in P.items()}
    losses = []
    units = range(len(P["b1"]))
    for _ in range(steps):
        logits = [_logit([_unit(x, P, j) for j in units], P) for x in X]
        losses.append(bce_with_logits(np.array(logits), y))
        gradients = backward(X, y, P)
        for name in P:
            P[name] -= lr * gradients[name]
    return P, np.array(losses, dtype=np.float64)
