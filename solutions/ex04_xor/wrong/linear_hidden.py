"""Has no activation between its two layers, forward and backward.

en: Without a non-linearity two layers are one linear layer, and XOR is impossible: use h = tanh(X W1 + b1).
ko: 비선형이 없으면 두 층은 하나의 선형층과 같아 XOR을 풀 수 없습니다. h = tanh(X W1 + b1)을 쓰세요.
fails: public/test_xor_by_hand, public/test_gradients, public/test_one_step, test_forward[*],
    test_forward_unchanged, test_gradient[*], test_numerical_gradient[*], test_gradient_saturated,
    test_backward_unchanged, test_train[*], test_train_losses, test_one_step, test_train_unchanged,
    test_training_solves_xor, test_network_solves_xor
includes: linear_forward
"""

import numpy as np


def _layers(X: np.ndarray, P: dict[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Hidden activations h, (N, H), and logits z2, (N,)."""
    h = X @ P["W1"] + P["b1"]
    z2 = h @ P["W2"] + P["b2"]
    return h, z2[:, 0]


def _sigmoid(z: np.ndarray) -> np.ndarray:
    """1 / (1 + exp(-z)); exp(-|z|) never overflows."""
    small = np.exp(-np.abs(z))
    return np.where(z >= 0, 1.0, small) / (1.0 + small)


def _loss(z2: np.ndarray, y: np.ndarray) -> float:
    """Mean of log(1 + exp(z2)) - z2 y over the samples; both (N,)."""
    return float(np.mean(np.maximum(z2, 0) - z2 * y + np.log1p(np.exp(-np.abs(z2)))))


def _gradients(X: np.ndarray, y: np.ndarray, P: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Gradients of the loss, from the output back to the input."""
    h, z2 = _layers(X, P)
    dz2 = ((_sigmoid(z2) - y) / len(y))[:, None]
    dz1 = dz2 @ P["W2"].T
    return {"W1": X.T @ dz1, "b1": dz1.sum(axis=0), "W2": h.T @ dz2, "b2": dz2.sum(axis=0)}


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
    _, z2 = _layers(X, P)
    return _sigmoid(z2)


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
    return _loss(np.ravel(z2), np.ravel(y))


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
    return _gradients(X, y, P)


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
    return {
        "W1": rng.standard_normal((n_in, n_hidden)) / np.sqrt(n_in),
        "b1": np.zeros(n_hidden),
        "W2": rng.standard_normal((n_hidden, 1)) / np.sqrt(n_hidden),
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
    P = dict(P)
    losses = np.zeros(steps)
    for step in range(steps):
        losses[step] = _loss(_layers(X, P)[1], y)
        gradients = _gradients(X, y, P)
        P = {name: P[name] - lr * gradients[name] for name in P}
    return P, losses
