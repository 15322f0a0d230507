"""Takes 1 for the derivative at 0.

en: By our convention dleaky_relu(0)=alpha: 1 only where z>0.
ko: 이 과제에서는 dleaky_relu(0)=alpha입니다. z>0인 곳만 1입니다.
fails: test_at_zero[dleaky_relu], public/test_values[dleaky_relu]
"""

import numpy as np


def sigmoid(z: np.ndarray) -> np.ndarray:
    """1 / (1 + exp(-z)), between 0 and 1; finite for every finite z.

    Source: Goodfellow et al. (2016), Deep Learning, sections 3.10 and 6.3.2.
    """
    z = np.asarray(z, dtype=np.float64)
    small = np.exp(-np.abs(z))  # never overflows
    return np.where(z >= 0, 1.0, small) / (1.0 + small)


def dsigmoid(z: np.ndarray) -> np.ndarray:
    """Derivative of sigmoid at z; the argument is z, not sigmoid(z).

    Source: Goodfellow et al. (2016), Deep Learning, section 3.10.
    """
    s = sigmoid(z)
    return s * (1.0 - s)


def tanh(z: np.ndarray) -> np.ndarray:
    """Hyperbolic tangent of z, between -1 and 1; finite for every finite z.

    Source: Goodfellow et al. (2016), Deep Learning, section 6.3.2.
    """
    return np.tanh(np.asarray(z, dtype=np.float64))


def dtanh(z: np.ndarray) -> np.ndarray:
    """Derivative of tanh at z; the argument is z, not tanh(z)."""
    return 1.0 - tanh(z) ** 2


def relu(z: np.ndarray) -> np.ndarray:
    """The positive part of z: z where it is positive, else 0.

    Source: Goodfellow et al. (2016), Deep Learning, section 6.3.1.
    """
    return np.maximum(np.asarray(z, dtype=np.float64), 0.0)


def drelu(z: np.ndarray) -> np.ndarray:
    """Derivative of relu at z: 1 where z is positive, else 0, at 0 too by our convention."""
    return np.where(np.asarray(z) > 0, 1.0, 0.0)


def leaky_relu(z: np.ndarray, alpha: float = 0.01) -> np.ndarray:
    """Where z is positive z itself, else alpha * z.

    Source: Goodfellow et al. (2016), Deep Learning, section 6.3.1.
    """
    z = np.asarray(z, dtype=np.float64)
    return np.where(z > 0, z, alpha * z)


def dleaky_relu(z: np.ndarray, alpha: float = 0.01) -> np.ndarray:
    """Derivative of leaky_relu at z: 1 where z is positive, else alpha, at 0 too by our convention."""
    return np.where(np.asarray(z) >= 0, 1.0, alpha)


def softmax(z: np.ndarray, axis: int = -1) -> np.ndarray:
    """Turn scores into probabilities along one axis: exp(z) over the sum of exp(z).

    Finite for every finite z.

    Args:
        z: scores, at least one axis.
        axis: the axis along which the result adds up to 1.

    Source: Goodfellow et al. (2016), Deep Learning, sections 4.1 and 6.2.2.3.
    """
    z = np.asarray(z, dtype=np.float64)
    e = np.exp(z - z.max(axis=axis, keepdims=True))  # the largest is exp(0) = 1: no overflow, no 0/0
    return e / e.sum(axis=axis, keepdims=True)
