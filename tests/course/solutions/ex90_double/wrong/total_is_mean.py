"""The mean instead of the sum.

en: You returned the mean: return the sum.
ko: 평균을 반환했습니다. 합을 반환하세요.
fails: test_total_*, public/test_total
"""

import numpy as np


def double(x: np.ndarray) -> np.ndarray:
    """Twice each entry of x, in its dtype."""
    return 2 * x


def total(x: np.ndarray) -> float:
    """Sum of all entries of x."""
    return float(x.mean())
