"""What was written for ex10."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view


def output_size(n: int, k: int, stride: int = 1, pad: int = 0) -> int:
    """Number of window positions along one axis."""
    if k > n + 2 * pad:
        raise ValueError(f"a kernel of length {k} does not fit into {n} + 2 * {pad}")
    return (n + 2 * pad - k) // stride + 1


def _padded(x: np.ndarray, pad: int) -> np.ndarray:
    """x in float64 between `pad` zeros on each of the four sides."""
    n, c, h, w = x.shape
    padded = np.zeros((n, c, h + 2 * pad, w + 2 * pad))
    padded[:, :, pad : pad + h, pad : pad + w] = x
    return padded


def _windows(x: np.ndarray, size: tuple[int, int], stride: int, count: tuple[int, int]) -> np.ndarray:
    """View (N, C, OH, OW, KH, KW) of the windows of x, for size = (KH, KW) and count = (OH, OW)."""
    oh, ow = count
    every = sliding_window_view(x, size, axis=(2, 3))
    return every[:, :, : stride * oh : stride, : stride * ow : stride]


def conv2d(x: np.ndarray, w: np.ndarray, b: np.ndarray, stride: int = 1, pad: int = 0) -> np.ndarray:
    """Convolution as deep learning uses the word: cross-correlation, the kernel is not flipped."""
    kh, kw = w.shape[2:]
    oh = output_size(x.shape[2], kh, stride, pad)
    ow = output_size(x.shape[3], kw, stride, pad)
    windows = _windows(_padded(x, pad), (kh, kw), stride, (oh, ow))
    y = np.tensordot(windows, w, axes=((1, 4, 5), (1, 2, 3))) + b
    return y.transpose(0, 3, 1, 2).astype(x.dtype)


def conv2d_backward(
    dy: np.ndarray, x: np.ndarray, w: np.ndarray, stride: int = 1, pad: int = 0
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Gradients of a loss L with respect to the three inputs of conv2d."""
    h, width = x.shape[2:]
    kh, kw = w.shape[2:]
    oh, ow = dy.shape[2:]
    padded = _padded(x, pad)
    windows = _windows(padded, (kh, kw), stride, (oh, ow))
    dw = np.tensordot(dy, windows, axes=((0, 2, 3), (0, 2, 3)))
    db = dy.sum(axis=(0, 2, 3))
    dpadded = np.zeros_like(padded)
    for row in range(kh):
        for column in range(kw):
            share = np.tensordot(dy, w[:, :, row, column], axes=(1, 0)).transpose(0, 3, 1, 2)
            dpadded[:, :, row : row + stride * oh : stride, column : column + stride * ow : stride] += share
    dx = dpadded[:, :, pad : pad + h, pad : pad + width]
    return (dx.astype(x.dtype), dw.astype(x.dtype), db.astype(x.dtype))


def max_pool2d(x: np.ndarray, k: int | tuple[int, int], stride: int) -> np.ndarray:
    """Largest value of each window, for each image and channel alone; no padding."""
    kh, kw = (k, k) if isinstance(k, int) else k
    oh = output_size(x.shape[2], kh, stride)
    ow = output_size(x.shape[3], kw, stride)
    return _windows(x, (kh, kw), stride, (oh, ow)).max(axis=(4, 5))


def max_pool2d_backward(dy: np.ndarray, x: np.ndarray, k: int | tuple[int, int], stride: int) -> np.ndarray:
    """Gradient of a loss L with respect to the input of max_pool2d."""
    kh, kw = (k, k) if isinstance(k, int) else k
    n, c, oh, ow = dy.shape
    windows = _windows(x, (kh, kw), stride, (oh, ow)).reshape(n, c, oh, ow, kh * kw)
    first = windows.argmax(axis=-1)
    rows = stride * np.arange(oh)[:, None] + first // kw
    columns = stride * np.arange(ow) + first % kw
    samples = np.arange(n)[:, None, None, None]
    channels = np.arange(c)[:, None, None]
    dx = np.zeros(x.shape)
    np.add.at(dx, (samples, channels, rows, columns), dy)
    return dx.astype(x.dtype)
