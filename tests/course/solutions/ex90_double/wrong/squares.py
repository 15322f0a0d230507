"""Squares instead of doubling.

en: You squared the entries: multiply them by two.
ko: 원소를 제곱했습니다. 2를 곱하세요.
fails: test_double_*, public/test_double
"""

import numpy as np


def double(x: np.ndarray) -> np.ndarray:
    """Twice each entry of x, in its dtype."""
    return x * x


def total(x: np.ndarray) -> float:
    """Sum of all entries of x."""
    return float(x.sum())
