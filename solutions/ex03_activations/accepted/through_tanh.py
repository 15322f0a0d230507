"""Makes everything from tanh and multiplication by comparisons."""

import numpy as np


def sigmoid(z: np.ndarray) -> np.ndarray:
    """1 / (1 + exp(-z)), between 0 and 1; finite for every finite z.

    Source: Goodfellow et al. (2016), Deep Learning, sections 3.10 and 6.3.2.
    """
    return 0.5 * (1 + np.tanh(0.5 * z))


def dsigmoid(z: np.ndarray) -> np.ndarray:
    """Derivative of sigmoid at z; the argument is z, not sigmoid(z).

    Source: Goodfellow et al. (2016), Deep Learning, section 3.10.
    """
    return 0.25 * (1 - np.tanh(0.5 * z) ** 2)


def tanh(z: np.ndarray) -> np.ndarray:
    """Hyperbolic tangent of z, between -1 and 1; finite for every finite z.

    Source: Goodfellow et al. (2016), Deep Learning, section 6.3.2.
    """
    return np.tanh(z)


def dtanh(z: np.ndarray) -> np.ndarray:
    """Derivative of tanh at z; the argument is z, not tanh(z)."""
    t = np.tanh(z)
    return (1 - t) * (1 + t)


def relu(z: np.ndarray) -> np.ndarray:
    """The positive part of z: z where it is positive, else 0.

    Source: Goodfellow et al. (2016), Deep Learning, section 6.3.1.
    """
    return z * 1.0 * (z > 0)


def drelu(z: np.ndarray) -> np.ndarray:
    """Derivative of relu at z: 1 where z is positive, else 0, at 0 too by our convention."""
    return (z > 0).astype(float)


def leaky_relu(z: np.ndarray, alpha: float = 0.01) -> np.ndarray:
    """Where z is positive z itself, else alpha * z.

    Source: Goodfellow et al. (2016), Deep Learning, section 6.3.1.
    """
    return z * dleaky_relu(z, alpha)


def dleaky_relu(z: np.ndarray, alpha: float = 0.01) -> np.ndarray:
    """Derivative of leaky_relu at z: 1 where z is positive, else alpha, at 0 too by our convention."""
    return alpha + (1 - alpha) * (z > 0)


def softmax(z: np.ndarray, axis: int = -1) -> np.ndarray:
    """Turn scores into probabilities along one axis: exp(z) over the sum of exp(z).

    Finite for every finite z.

    Args:
        z: scores, at least one axis.
        axis: the axis along which the result adds up to 1.

    Source: Goodfellow et al. (2016), Deep Learning, sections 4.1 and 6.2.2.3.
    """
    e = np.exp(z - np.max(z, axis=axis, keepdims=True))
    e /= np.sum(e, axis=axis, keepdims=True)
    return e
