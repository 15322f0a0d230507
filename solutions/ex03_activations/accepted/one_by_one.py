"""Takes the element-wise functions number by number, with the math module."""

import math
from collections.abc import Callable

import numpy as np


def _each(function: Callable[[float], float], z: np.ndarray) -> np.ndarray:
    return np.array([function(float(v)) for v in z.ravel()], dtype=np.float64).reshape(z.shape)


def sigmoid(z: np.ndarray) -> np.ndarray:
    """1 / (1 + exp(-z)), between 0 and 1; finite for every finite z.

    Source: Goodfellow et al. (2016), Deep Learning, sections 3.10 and 6.3.2.
    """

    def one(v: float) -> float:
        return 1 / (1 + math.exp(-v)) if v > 0 else math.exp(v) / (1 + math.exp(v))

    return _each(one, z)


def dsigmoid(z: np.ndarray) -> np.ndarray:
    """Derivative of sigmoid at z; the argument is z, not sigmoid(z).

    Source: Goodfellow et al. (2016), Deep Learning, section 3.10.
    """
    return _each(lambda v: 0.0 if abs(v) > 700 else 1 / (2 + math.exp(v) + math.exp(-v)), z)


def tanh(z: np.ndarray) -> np.ndarray:
    """Hyperbolic tangent of z, between -1 and 1; finite for every finite z.

    Source: Goodfellow et al. (2016), Deep Learning, section 6.3.2.
    """
    return _each(math.tanh, z)


def dtanh(z: np.ndarray) -> np.ndarray:
    """Derivative of tanh at z; the argument is z, not tanh(z)."""
    return _each(lambda v: 0.0 if abs(v) > 300 else math.cosh(v) ** -2, z)


def relu(z: np.ndarray) -> np.ndarray:
    """The positive part of z: z where it is positive, else 0.

    Source: Goodfellow et al. (2016), Deep Learning, section 6.3.1.
    """
    return _each(lambda v: max(v, 0.0), z)


def drelu(z: np.ndarray) -> np.ndarray:
    """Derivative of relu at z: 1 where z is positive, else 0, at 0 too by our convention."""
    return _each(lambda v: 1.0 if v > 0 else 0.0, z)


def leaky_relu(z: np.ndarray, alpha: float = 0.01) -> np.ndarray:
    """Where z is positive z itself, else alpha * z.

    Source: Goodfellow et al. (2016), Deep Learning, section 6.3.1.
    """
    return _each(lambda v: max(v, alpha * v), z)


def dleaky_relu(z: np.ndarray, alpha: float = 0.01) -> np.ndarray:
    """Derivative of leaky_relu at z: 1 where z is positive, else alpha, at 0 too by our convention."""
    return _each(lambda v: 1.0 if v > 0 else alpha, z)


def softmax(z: np.ndarray, axis: int = -1) -> np.ndarray:
    """Turn scores into probabilities along one axis: exp(z) over the sum of exp(z).

    Finite for every finite z.

    Args:
        z: scores, at least one axis.
        axis: the axis along which the result adds up to 1.

    Source: Goodfellow et al. (2016), Deep Learning, sections 4.1 and 6.2.2.3.
    """
    shifted = np.swapaxes(z, axis, -1) - np.swapaxes(z, axis, -1).max(axis=-1)[..., None]
    weights = np.exp(shifted)
    return np.swapaxes(weights / weights.sum(axis=-1)[..., None], axis, -1)
