"""The mean instead of the sum.

en: You returned the mean: return the sum.
ko: 평균을 반환했습니다. 합을 반환하세요.
fails: test_total_*
"""

import numpy as np


def double(x: np.ndarray) -> np.ndarray:
    """Twice each entry of x, in its dtype."""
    return 2 * x


def total(x: np.ndarray) -> float:
    """Sum of all entries of x."""
    return float(x.mean())


def gram(x: np.ndarray) -> np.ndarray:
    """Products of all pairs of rows of x."""
    return x @ x.T


class Counter:
    """Counts from n on."""

    def __init__(self, n: int) -> None:
        self.n = n

    def add(self, k: int) -> int:
        """Count k more; returns the count."""
        self.n += k
        return self.n

    def __add__(self, other: "Counter") -> "Counter":
        return Counter(self.n + other.n)


def apply(f, x: np.ndarray) -> np.ndarray:
    """F of each entry of x."""
    return np.array([f(v) for v in x.tolist()])
