"""Every window gathered by its row and column numbers; one sum of products for each kernel."""

import torch
from torch import nn


def conv2d(x: torch.Tensor, w: torch.Tensor, b: torch.Tensor, stride: int = 1, pad: int = 0) -> torch.Tensor:
    _, _, height, width = x.shape
    _, _, kh, kw = w.shape
    tops = torch.arange(0, height + 2 * pad - kh + 1, stride, device=x.device)
    lefts = torch.arange(0, width + 2 * pad - kw + 1, stride, device=x.device)
    rows = tops[:, None] + torch.arange(kh, device=x.device)  # (OH, KH)
    columns = lefts[:, None] + torch.arange(kw, device=x.device)  # (OW, KW)
    border = nn.ZeroPad2d(pad)
    windows = border(x)[:, :, rows[:, None, :, None], columns[None, :, None, :]]  # (N, C, OH, OW, KH, KW)
    maps = [
        (windows * kernel[:, None, None]).sum(dim=(1, 4, 5)) + bias for kernel, bias in zip(w, b, strict=True)
    ]
    return torch.stack(maps, dim=1)


class Conv2d(nn.Module):
    weight: nn.Parameter
    bias: nn.Parameter

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | tuple[int, int],
        stride: int = 1,
        pad: int = 0,
    ) -> None:
        super().__init__()
        sides = (kernel_size,) * 2 if isinstance(kernel_size, int) else tuple(kernel_size)
        self.options = (stride, pad)
        self.weight = nn.Parameter(torch.zeros(out_channels, in_channels, *sides))
        self.bias = nn.Parameter(torch.zeros(out_channels))
        fan_in = self.weight[0].numel()
        with torch.no_grad():
            self.weight.uniform_(-1.0, 1.0).mul_((6 / fan_in) ** 0.5)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return conv2d(x, self.weight, self.bias, *self.options)
