"""The count is returned, and not kept.

en: You returned the new count, but did not keep it.
ko: 새 값을 반환했지만 저장하지 않았습니다.
fails: test_counter_counts
"""

import numpy as np


def double(x: np.ndarray) -> np.ndarray:
    """Twice each entry of x, in its dtype."""
    return 2 * x


def total(x: np.ndarray) -> float:
    """Sum of all entries of x."""
    return float(x.sum())


def gram(x: np.ndarray) -> np.ndarray:
    """Products of all pairs of rows of x."""
    return x @ x.T


class Counter:
    """Counts from n on."""

    def __init__(self, n: int) -> None:
        self.n = n

    def add(self, k: int) -> int:
        """Count k more; returns the count."""
        return self.n + k

    def __add__(self, other: "Counter") -> "Counter":
        return Counter(self.n + other.n)


def apply(f, x: np.ndarray) -> np.ndarray:
    """F of each entry of x."""
    return np.array([f(v) for v in x.tolist()])
