"""Pixel by pixel."""

import torch
from torch import Tensor, nn


def conv2d(x: Tensor, w: Tensor, b: Tensor, stride: int = 1, pad: int = 0) -> Tensor:
    """Cross-correlation of x (N, C, H, W) with w (F, C, KH, KW), plus b (F,); dtype and device of x."""
    x = nn.functional.pad(x, (pad, pad, pad, pad))
    _, _, kh, kw = w.shape
    rows = []
    for top in range(0, x.shape[2] - kh + 1, stride):
        row = []
        for left in range(0, x.shape[3] - kw + 1, stride):
            window = x[:, :, top : top + kh, left : left + kw]
            row.append((window[:, None] * w).sum(dim=(2, 3, 4)) + b)
        rows.append(torch.stack(row, dim=-1))
    return torch.stack(rows, dim=-2)


class Conv2d(nn.Module):
    """A layer with the parameters `weight` and `bias`, Kaiming-uniform as in torch."""

    def __init__(self, channels: int, filters: int, kernel: int, stride: int = 1, pad: int = 0) -> None:
        super().__init__()
        self.stride, self.pad = stride, pad
        bound = (channels * kernel * kernel) ** -0.5
        self.weight = nn.Parameter(torch.empty(filters, channels, kernel, kernel).uniform_(-bound, bound))
        self.bias = nn.Parameter(torch.empty(filters).uniform_(-bound, bound))

    def forward(self, x: Tensor) -> Tensor:
        """The convolution of x (N, C, H, W)."""
        return conv2d(x, self.weight, self.bias, self.stride, self.pad)
