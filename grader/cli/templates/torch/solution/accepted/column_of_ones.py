"""Takes the bias for the weight of one more input, which is always 1."""

import torch
from torch import Tensor


def affine(x: Tensor, w: Tensor, b: Tensor) -> Tensor:
    """Outputs of the layer for every sample."""
    ones = x.new_ones(len(x), 1)
    return torch.cat([x, ones], dim=1) @ torch.cat([w, b[None, :]])
