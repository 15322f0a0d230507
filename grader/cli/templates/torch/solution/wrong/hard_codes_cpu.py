"""Makes its result on the CPU.

en: A tensor is created on the CPU whatever the input's device: use x.new_zeros or device=x.device.
ko: 입력의 장치와 상관없이 CPU에 텐서를 만듭니다. x.new_zeros나 device=x.device를 쓰세요.
fails: test_device
"""

import torch
from torch import Tensor


def affine(x: Tensor, w: Tensor, b: Tensor) -> Tensor:
    """Outputs of the layer for every sample."""
    y = torch.zeros(len(x), len(b), dtype=x.dtype)
    y += x @ w
    return y + b
