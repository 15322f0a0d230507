"""Forgets the first window in the output's size.

en: Output is one row and one column short: ⌊(n+2p-k)/s⌋+1.
ko: 출력이 한 행, 한 열 부족합니다. 크기는 ⌊(n+2p-k)/s⌋+1입니다.
fails: public/test_by_hand, public/test_gradients_by_hand, public/test_layer, public/test_meta,
  test_orientation, test_values*, test_settings*, test_gradients*, test_layer[*, test_layer_gradients,
  test_dtype*, test_float64_layer, test_device*, test_device_layer, test_speed[within_10], test_unchanged,
  test_twice, test_graph, test_requires_grad
"""

import torch
from torch import nn


def conv2d(x: torch.Tensor, w: torch.Tensor, b: torch.Tensor, stride: int = 1, pad: int = 0) -> torch.Tensor:
    """Convolution as deep learning uses the word: cross-correlation, the kernel is not flipped.

    y[n,f,i,j] = b[f] + sum over c,k,l of x[n, c, i*stride + k - pad, j*stride + l - pad] * w[f,c,k,l],
    where x is 0 outside the image.

    Args:
        x: images (N, C, H, W), of any floating-point dtype, on any device.
        w: kernels (F, C, KH, KW), dtype and device of x; never larger than the padded image.
        b: one bias per kernel (F,), dtype and device of x.
        stride: step of the window, the same along rows and columns.
        pad: zeros added on each of the four sides.

    Returns:
        y (N, F, OH, OW), dtype and device of x, part of the graph of x, w and b. These three are left as
        they are.

    Source: Goodfellow et al. (2016), Deep Learning, equation 9.6; here as torch.nn.functional.conv2d has it.
    """
    _, _, height, width = x.shape
    _, _, kh, kw = w.shape
    oh = (height + 2 * pad - kh) // stride
    ow = (width + 2 * pad - kw) // stride
    x = nn.functional.pad(x, (pad, pad, pad, pad))
    windows = x.unfold(2, w.shape[2], stride).unfold(3, w.shape[3], stride)  # (N, C, OH, OW, KH, KW)
    return torch.einsum("nchwkl,fckl->nfhw", windows[:, :, :oh, :ow], w) + b[:, None, None]


class Conv2d(nn.Module):
    """A convolutional layer: `conv2d` with parameters of its own, found by optimisers and in `state_dict`.

    Parameters (both nn.Parameter, of torch's default dtype):
        weight: (F, C, KH, KW), at first uniform between -√(6 / fan_in) and √(6 / fan_in), where
            fan_in = C * KH * KW.
        bias: (F,), at first 0.

    Source: He et al. (2015), Delving Deep into Rectifiers, section 2.2; in its uniform form: Kaiming-uniform.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | tuple[int, int],
        stride: int = 1,
        pad: int = 0,
    ) -> None:
        """Make the parameters.

        Args:
            in_channels: C.
            out_channels: F.
            kernel_size: the kernel's side, or (KH, KW).
            stride: as in `conv2d`.
            pad: as in `conv2d`.
        """
        super().__init__()
        kh, kw = (kernel_size, kernel_size) if isinstance(kernel_size, int) else kernel_size
        self.stride, self.pad = stride, pad
        bound = (6 / (in_channels * kh * kw)) ** 0.5
        self.weight = nn.Parameter(torch.empty(out_channels, in_channels, kh, kw).uniform_(-bound, bound))
        self.bias = nn.Parameter(torch.zeros(out_channels))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """The convolution y (N, F, OH, OW) of images x (N, C, H, W) with this layer's parameters."""
        return conv2d(x, self.weight, self.bias, self.stride, self.pad)
