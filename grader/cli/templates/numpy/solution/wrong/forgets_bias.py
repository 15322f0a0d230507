"""Leaves the bias out.

en: The bias is missing: add b to every row of x @ w.
ko: 편향이 빠졌습니다. x @ w의 모든 행에 b를 더하세요.
fails: test_*, public/*
"""

import numpy as np


def affine(x: np.ndarray, w: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Outputs of the layer for every sample."""
    return x @ w
