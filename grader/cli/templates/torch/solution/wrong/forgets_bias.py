"""Leaves the bias out.

en: The bias is missing: add b to every row of x @ w.
ko: 편향이 빠졌습니다. x @ w의 모든 행에 b를 더하세요.
fails: test_values*, test_gradients, test_float32, public/*
"""

from torch import Tensor


def affine(x: Tensor, w: Tensor, b: Tensor) -> Tensor:
    """Outputs of the layer for every sample."""
    return x @ w
