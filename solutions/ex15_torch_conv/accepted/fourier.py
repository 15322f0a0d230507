"""By the convolution theorem: a cross-correlation is a product with the conjugate spectrum."""

import torch
from torch import nn


def conv2d(x: torch.Tensor, w: torch.Tensor, b: torch.Tensor, stride: int = 1, pad: int = 0) -> torch.Tensor:
    x = nn.functional.pad(x, (pad, pad, pad, pad))
    height, width = x.shape[2:]
    kh, kw = w.shape[2:]
    spectrum = torch.einsum("nchw,fchw->nfhw", torch.fft.rfft2(x), torch.fft.rfft2(w, (height, width)).conj())
    every = torch.fft.irfft2(spectrum, (height, width))
    return every[:, :, : height - kh + 1 : stride, : width - kw + 1 : stride] + b.view(-1, 1, 1)


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
        kh, kw = (kernel_size, kernel_size) if isinstance(kernel_size, int) else kernel_size
        self.bias = nn.Parameter(torch.zeros(out_channels))
        bound = (in_channels * kh * kw / 6) ** -0.5
        draws = torch.distributions.Uniform(-bound, bound).sample((out_channels, in_channels, kh, kw))
        self.weight = nn.Parameter(draws)
        self.stride = stride
        self.pad = pad

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return conv2d(x, self.weight, self.bias, self.stride, self.pad)
