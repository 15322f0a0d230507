"""A loop over the kernel's cells, each of which sees one pixel of every window; parameters by register_parameter."""

import math

import torch
from torch import nn


def conv2d(x: torch.Tensor, w: torch.Tensor, b: torch.Tensor, stride: int = 1, pad: int = 0) -> torch.Tensor:
    n, c, height, width = x.shape
    f, _, kh, kw = w.shape
    padded = x.new_zeros(n, c, height + 2 * pad, width + 2 * pad)
    padded[:, :, pad : pad + height, pad : pad + width] = x
    oh = (height + 2 * pad - kh) // stride + 1
    ow = (width + 2 * pad - kw) // stride + 1
    y = b.reshape(1, f, 1, 1)
    for k in range(kh):
        for m in range(kw):
            seen = padded[:, :, k : k + stride * oh : stride, m : m + stride * ow : stride]
            y = y + torch.tensordot(seen, w[:, :, k, m], dims=([1], [1])).movedim(-1, 1)
    return y


class Conv2d(nn.Module):
    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | tuple[int, int],
        stride: int = 1,
        pad: int = 0,
    ) -> None:
        super().__init__()
        kh, kw = kernel_size if isinstance(kernel_size, tuple) else (kernel_size,) * 2
        self.stride = stride
        self.pad = pad
        bound = math.sqrt(6.0 / (in_channels * kh * kw))
        weight = (2 * torch.rand(out_channels, in_channels, kh, kw) - 1) * bound
        self.register_parameter("bias", nn.Parameter(torch.zeros(out_channels)))
        self.register_parameter("weight", nn.Parameter(weight))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return conv2d(x, self.weight, self.bias, stride=self.stride, pad=self.pad)
