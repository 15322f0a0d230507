"""Makes a tensor of that shape there.

en: The shape moved, the numbers did not: t.to(device) copies both.
ko: 모양만 옮기고 값은 옮기지 않았습니다. t.to(device)는 값까지 복사합니다.
fails: test_to_device_keeps_numbers,
  test_to_another_device
"""

import numpy as np
import torch


def zeros(rows: int, cols: int) -> torch.Tensor:
    """A matrix of zeros, (rows, cols), float32, on the CPU. There may be 0 rows or columns."""
    return torch.zeros(rows, cols, dtype=torch.float32)


def describe(t: torch.Tensor) -> dict[str, object]:
    """What there is to know about a tensor before one looks at its numbers.

    Args:
        t: any number of axes (also none), any dtype, any device.

    Returns:
        A dict with the keys
            "shape": sizes of the axes, a tuple of ints;
            "ndim": number of axes, an int;
            "numel": number of elements, an int;
            "dtype": as text, such as "torch.float32";
            "device": as text, such as "cpu" or "meta".
    """
    return {
        "shape": tuple(t.shape),
        "ndim": t.ndim,
        "numel": t.numel(),
        "dtype": str(t.dtype),
        "device": str(t.device),
    }


def to_batch(images: list[torch.Tensor]) -> torch.Tensor:
    """One batch, (N, C, H, W), of images that are (H, W, C) each.

    Args:
        images: N >= 1 images of one shape, one dtype (any) and one device.

    Returns:
        A new tensor, (N, C, H, W), of the dtype and on the device of the images. It lies in memory in the
        order of its axes: `is_contiguous()` is True.

    Source: Zhang et al., Dive into Deep Learning, sections 2.1 and 7.4; PyTorch's documentation of Conv2d.
    """
    return torch.stack(images).permute(0, 3, 1, 2).contiguous()


def flatten(x: torch.Tensor) -> torch.Tensor:
    """Each sample as one row: (N, D), where D is the number of elements of one sample.

    Args:
        x: N >= 1 samples, (N, ...) with two axes or more; any dtype. It may be a view that does not lie in
            memory in the order of its axes, such as what `permute` returns.

    Returns:
        (N, D): row n holds the elements of `x[n]`, the last axis running fastest. May share memory with x.
    """
    return x.reshape(len(x), -1)


def channel_mean(x: torch.Tensor) -> torch.Tensor:
    """Mean of each channel over all images and all of their pixels.

    Args:
        x: (N, C, H, W), floating-point.

    Returns:
        (C,), of the dtype of x.
    """
    return x.mean(dim=(0, 2, 3))


def add_bias(x: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """A new tensor in which b[c] is added to every pixel of channel c.

    Args:
        x: (N, C, H, W), floating-point. W may equal C.
        b: (C,), of the dtype and on the device of x.

    Returns:
        (N, C, H, W).

    Source: Zhang et al., Dive into Deep Learning, section 2.1.4 (broadcasting).
    """
    return x + b.reshape(1, -1, 1, 1)


def from_numpy(a: np.ndarray) -> torch.Tensor:
    """The numbers of an array as a float32 tensor of its own.

    Args:
        a: any shape; integers or floating-point numbers.

    Returns:
        A float32 tensor of the shape of a, on the CPU. It shares no memory with a: what is written into a
        later does not show in it.
    """
    return torch.tensor(a, dtype=torch.float32)


def to_device(t: torch.Tensor, device: str) -> torch.Tensor:
    """The tensor on another device, or on the one where it is.

    Args:
        t: any tensor.
        device: such as "cpu", "cuda" or "meta".

    Returns:
        A tensor on `device`, of the shape and dtype of t and with its numbers (there are none on "meta").
    """
    return torch.zeros_like(t, device=device)
