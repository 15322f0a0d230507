"""A multilayer perceptron with one hidden layer, in numpy: forward, loss, backward, training.

Names and shapes, the same in all functions:
    N samples, D inputs, H hidden units;
    X (N, D) inputs; y (N,) labels, 0.0 or 1.0;
    P the parameters: a dict of W1 (D, H), b1 (H,), W2 (H, 1) and b2 (1,).
All arrays are float64. No function changes the arrays that it is given.
"""

import numpy as np


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
    raise NotImplementedError("forward is not written yet")


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
    raise NotImplementedError("bce_with_logits is not written yet")


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
    raise NotImplementedError("backward is not written yet")


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
    raise NotImplementedError("init is not written yet")


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
    raise NotImplementedError("train is not written yet")
