"""Columns by torch.nn.functional.unfold, then one matrix product; initial values by torch.nn.init."""

import torch
import torch.nn.functional as F
from torch import nn


def conv2d(x: torch.Tensor, w: torch.Tensor, b: torch.Tensor, stride: int = 1, pad: int = 0) -> torch.Tensor:
    n, _, height, width = x.shape
    f, _, kh, kw = w.shape
    columns = F.unfold(x, (kh, kw), padding=pad, stride=stride)  # (N, C*KH*KW, OH*OW)
    y = w.flatten(1) @ columns + b.unsqueeze(-1)
    oh = (height + 2 * pad - kh) // stride + 1
    ow = (width + 2 * pad - kw) // stride + 1
    return y.view(n, f, oh, ow)


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
        if isinstance(kernel_size, int):
            kernel_size = (kernel_size, kernel_size)
        self.settings = {"stride": stride, "pad": pad}
        self.weight = nn.Parameter(torch.empty(out_channels, in_channels, *kernel_size))
        self.bias = nn.Parameter(torch.empty(out_channels))
        nn.init.kaiming_uniform_(self.weight, nonlinearity="relu")
        nn.init.zeros_(self.bias)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return conv2d(x, self.weight, self.bias, **self.settings)
