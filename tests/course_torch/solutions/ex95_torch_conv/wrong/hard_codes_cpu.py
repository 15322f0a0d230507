"""Makes its result on the CPU.

en: A tensor is created on the CPU whatever the input's device: use x.new_zeros or device=x.device.
ko: 입력의 장치와 상관없이 CPU에 텐서를 만듭니다. x.new_zeros나 device=x.device를 쓰세요.
fails: test_device
"""

import torch
from torch import Tensor, nn


def conv2d(x: Tensor, w: Tensor, b: Tensor, stride: int = 1, pad: int = 0) -> Tensor:
    """Cross-correlation of x (N, C, H, W) with w (F, C, KH, KW), plus b (F,); dtype and device of x."""
    x = nn.functional.pad(x, (pad, pad, pad, pad))
    windows = x.unfold(2, w.shape[2], stride).unfold(3, w.shape[3], stride)
    y = torch.zeros(len(x), len(w), *windows.shape[2:4], dtype=x.dtype)
    y += torch.einsum("nchwkl,fckl->nfhw", windows, w)
    return y + b[:, None, None]


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
