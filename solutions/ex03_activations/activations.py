"""Activation functions and their derivatives, element by element, and softmax.

In every function z holds any numbers, integers too, in an array of any shape, and is left as it was. The
result is float64 in the shape of z.
"""

import numpy as np


def sigmoid(z: np.ndarray) -> np.ndarray:
    """1 / (1 + exp(-z)), between 0 and 1; finite for every finite z.

    Source: Goodfellow et al. (2016), Deep Learning, sections 3.10 and 6.3.2.
    """
    # BEGIN SOLUTION
    z = np.asarray(z, dtype=np.float64)
    small = np.exp(-np.abs(z))  # never overflows
    return np.where(z >= 0, 1.0, small) / (1.0 + small)
    # END SOLUTION


def dsigmoid(z: np.ndarray) -> np.ndarray:
    """Derivative of sigmoid at z; the argument is z, not sigmoid(z).

    Source: Goodfellow et al. (2016), Deep Learning, section 3.10.
    """
    # BEGIN SOLUTION
    s = sigmoid(z)
    return s * (1.0 - s)
    # END SOLUTION


def tanh(z: np.ndarray) -> np.ndarray:
    """Hyperbolic tangent of z, between -1 and 1; finite for every finite z.

    Source: Goodfellow et al. (2016), Deep Learning, section 6.3.2.
    """
    # BEGIN SOLUTION
    return np.tanh(np.asarray(z, dtype=np.float64))
    # END SOLUTION


def dtanh(z: np.ndarray) -> np.ndarray:
    """Derivative of tanh at z; the argument is z, not tanh(z)."""
    # BEGIN SOLUTION
    return 1.0 - tanh(z) ** 2
    # END SOLUTION


def relu(z: np.ndarray) -> np.ndarray:
    """The positive part of z: z where it is positive, else 0.

    Source: Goodfellow et al. (2016), Deep Learning, section 6.3.1.
    """
    # BEGIN SOLUTION
    return np.maximum(np.asarray(z, dtype=np.float64), 0.0)
    # END SOLUTION


def drelu(z: np.ndarray) -> np.ndarray:
    """Derivative of relu at z: 1 where z is positive, else 0, at 0 too by our convention."""
    # BEGIN SOLUTION
    return np.where(np.asarray(z) > 0, 1.0, 0.0)
    # END SOLUTION


def leaky_relu(z: np.ndarray, alpha: float = 0.01) -> np.ndarray:
    """Where z is positive z itself, else alpha * z.

    Source: Goodfellow et al. (2016), Deep Learning, section 6.3.1.
    """
    # BEGIN SOLUTION
    z = np.asarray(z, dtype=np.float64)
    return np.where(z > 0, z, alpha * z)
    # END SOLUTION


def dleaky_relu(z: np.ndarray, alpha: float = 0.01) -> np.ndarray:
    """Derivative of leaky_relu at z: 1 where z is positive, else alpha, at 0 too by our convention."""
    # BEGIN SOLUTION
    return np.where(np.asarray(z) > 0, 1.0, alpha)
    # END SOLUTION


def softmax(z: np.ndarray, axis: int = -1) -> np.ndarray:
    """Turn scores into probabilities along one axis: exp(z) over the sum of exp(z).

    Finite for every finite z.

    Args:
        z: scores, at least one axis.
        axis: the axis along which the result adds up to 1.

    Source: Goodfellow et al. (2016), Deep Learning, sections 4.1 and 6.2.2.3.
    """
    # BEGIN SOLUTION
    z = np.asarray(z, dtype=np.float64)
    e = np.exp(z - z.max(axis=axis, keepdims=True))  # the largest is exp(0) = 1: no overflow, no 0/0
    return e / e.sum(axis=axis, keepdims=True)
    # END SOLUTION
