"""Works with logarithms: log(1 + exp(z)) and log of the sum of exp."""

import numpy as np


def sigmoid(z: np.ndarray) -> np.ndarray:
    """1 / (1 + exp(-z)), between 0 and 1; finite for every finite z.

    Source: Goodfellow et al. (2016), Deep Learning, sections 3.10 and 6.3.2.
    """
    return np.exp(-np.logaddexp(0.0, -z))


def dsigmoid(z: np.ndarray) -> np.ndarray:
    """Derivative of sigmoid at z; the argument is z, not sigmoid(z).

    Source: Goodfellow et al. (2016), Deep Learning, section 3.10.
    """
    return np.exp(-np.logaddexp(0.0, -z) - np.logaddexp(0.0, z))


def tanh(z: np.ndarray) -> np.ndarray:
    """Hyperbolic tangent of z, between -1 and 1; finite for every finite z.

    Source: Goodfellow et al. (2016), Deep Learning, section 6.3.2.
    """
    small = np.expm1(-2.0 * np.abs(z))
    return -np.sign(z) * small / (2.0 + small)


def dtanh(z: np.ndarray) -> np.ndarray:
    """Derivative of tanh at z; the argument is z, not tanh(z)."""
    return np.exp(np.log(4.0) - 2.0 * np.logaddexp(z, -z))


def relu(z: np.ndarray) -> np.ndarray:
    """The positive part of z: z where it is positive, else 0.

    Source: Goodfellow et al. (2016), Deep Learning, section 6.3.1.
    """
    return (np.abs(z) + z) / 2


def drelu(z: np.ndarray) -> np.ndarray:
    """Derivative of relu at z: 1 where z is positive, else 0, at 0 too by our convention."""
    return np.heaviside(z, 0.0)


def leaky_relu(z: np.ndarray, alpha: float = 0.01) -> np.ndarray:
    """Where z is positive z itself, else alpha * z.

    Source: Goodfellow et al. (2016), Deep Learning, section 6.3.1.
    """
    return np.maximum(z, 0.0) + alpha * np.minimum(z, 0.0)


def dleaky_relu(z: np.ndarray, alpha: float = 0.01) -> np.ndarray:
    """Derivative of leaky_relu at z: 1 where z is positive, else alpha, at 0 too by our convention."""
    return np.heaviside(z, 0.0) * (1.0 - alpha) + alpha


def softmax(z: np.ndarray, axis: int = -1) -> np.ndarray:
    """Turn scores into probabilities along one axis: exp(z) over the sum of exp(z).

    Finite for every finite z.

    Args:
        z: scores, at least one axis.
        axis: the axis along which the result adds up to 1.

    Source: Goodfellow et al. (2016), Deep Learning, sections 4.1 and 6.2.2.3.
    """
    log_sum = np.logaddexp.reduce(np.asarray(z, dtype=np.float64), axis=axis, keepdims=True)
    return np.exp(z - log_sum)
