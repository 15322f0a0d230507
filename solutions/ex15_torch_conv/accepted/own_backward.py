"""An autograd function with a backward pass of its own, as in ex10."""

import torch
from torch import nn


class _Convolution(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, w, b, stride, pad):
        n, c, height, width = x.shape
        padded = torch.zeros((n, c, height + 2 * pad, width + 2 * pad), dtype=x.dtype, device=x.device)
        padded[:, :, pad : pad + height, pad : pad + width] = x
        ctx.save_for_backward(padded, w)
        ctx.settings = stride, pad
        windows = padded.unfold(2, w.shape[2], stride).unfold(3, w.shape[3], stride)
        y = torch.tensordot(windows, w, dims=([1, 4, 5], [1, 2, 3])) + b
        return y.permute(0, 3, 1, 2).contiguous()

    @staticmethod
    def backward(ctx, dy):
        padded, w = ctx.saved_tensors
        stride, pad = ctx.settings
        kh, kw = w.shape[2:]
        oh, ow = dy.shape[2:]
        windows = padded.unfold(2, kh, stride).unfold(3, kw, stride)
        dw = torch.einsum("nfhw,nchwkl->fckl", dy, windows)
        dpadded = torch.zeros_like(padded)
        for k in range(kh):
            for m in range(kw):
                share = torch.einsum("nfhw,fc->nchw", dy, w[:, :, k, m])
                dpadded[:, :, k : k + stride * oh : stride, m : m + stride * ow : stride] += share
        height, width = padded.shape[2:]
        dx = dpadded[:, :, pad : height - pad, pad : width - pad]
        return dx, dw, dy.sum(dim=(0, 2, 3)), None, None


def conv2d(x: torch.Tensor, w: torch.Tensor, b: torch.Tensor, stride: int = 1, pad: int = 0) -> torch.Tensor:
    return _Convolution.apply(x, w, b, stride, pad)


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
        self.stride, self.pad = stride, pad
        self.weight = nn.Parameter(nn.init.kaiming_uniform_(torch.empty(out_channels, in_channels, kh, kw)))
        self.bias = nn.Parameter(torch.zeros((out_channels,)))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return conv2d(x, self.weight, self.bias, self.stride, self.pad)
