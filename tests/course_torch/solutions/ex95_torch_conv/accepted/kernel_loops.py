"""A loop over the kernel, into a tensor like the input."""

import torch
from torch import Tensor, nn


def conv2d(x: Tensor, w: Tensor, b: Tensor, stride: int = 1, pad: int = 0) -> Tensor:
    """Cross-correlation of x (N, C, H, W) with w (F, C, KH, KW), plus b (F,); dtype and device of x."""
    n, c, height, width = x.shape
    f, _, kh, kw = w.shape
    padded = x.new_zeros(n, c, height + 2 * pad, width + 2 * pad)
    padded[:, :, pad : pad + height, pad : pad + width] = x
    oh, ow = (height + 2 * pad - kh) // stride + 1, (width + 2 * pad - kw) // stride + 1
    y = b[:, None, None].expand(n, f, oh, ow)
    for k in range(kh):
        for m in range(kw):
            part = padded[:, :, k : k + stride * oh : stride, m : m + stride * ow : stride]
            y = y + torch.einsum("nchw,fc->nfhw", part, w[:, :, k, m])
    return y


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
