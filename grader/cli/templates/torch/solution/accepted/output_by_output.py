"""Computes one output of all samples after the other."""

import torch
from torch import Tensor


def affine(x: Tensor, w: Tensor, b: Tensor) -> Tensor:
    """Outputs of the layer for every sample."""
    return torch.stack([(x * w[:, j]).sum(dim=1) + b[j] for j in range(len(b))], dim=1)
