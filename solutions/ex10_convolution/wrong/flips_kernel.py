"""Flips the kernel, as a mathematical convolution does.

en: You computed a true convolution; deep learning uses cross-correlation: do not flip the kernel.
ko: 커널을 뒤집은 수학적 합성곱입니다. 딥러닝에서는 뒤집지 않는 교차상관을 씁니다.
fails: test_orientation*, test_values*, test_channels*, test_unchanged, test_padding*, test_kernel_too_large, test_stride*, test_rectangles*, test_float32_conv2d, test_speed, public/test_vertical_edge, public/test_conv2d_by_hand
"""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view


def output_size(n: int, k: int, stride: int = 1, pad: int = 0) -> int:
    """Number of window positions along one axis.

    Args:
        n: length of the image along the axis.
        k: length of the kernel along the axis.
        stride: step from one window to the next, at least 1.
        pad: zeros added at each of the two ends.

    Raises:
        ValueError: the kernel is longer than the padded image.

    Source: Dumoulin & Visin (2016), A guide to convolution arithmetic, section 2.4.
    """
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
    """Convolution as deep learning uses the word: cross-correlation, the kernel is not flipped.

    y[n,f,i,j] = b[f] + sum over c,k,l of x[n, c, i*stride + k - pad, j*stride + l - pad] * w[f,c,k,l],
    where x is 0 outside the image.

    Args:
        x: images (N, C, H, W), float64 or float32.
        w: kernels (F, C, KH, KW).
        b: one bias per kernel (F,).
        stride: step of the window, the same along rows and columns.
        pad: zeros added on each of the four sides.

    Returns:
        y (N, F, OH, OW), dtype of x.

    Raises:
        ValueError: the kernel is larger than the padded image.

    Source: Goodfellow et al. (2016), Deep Learning, equation 9.6.
    """
    kh, kw = w.shape[2:]
    oh = output_size(x.shape[2], kh, stride, pad)
    ow = output_size(x.shape[3], kw, stride, pad)
    windows = _windows(_padded(x, pad), (kh, kw), stride, (oh, ow))
    y = np.tensordot(windows, w[:, :, ::-1, ::-1], axes=((1, 4, 5), (1, 2, 3))) + b  # (N, OH, OW, F)
    return y.transpose(0, 3, 1, 2).astype(x.dtype)


def conv2d_backward(
    dy: np.ndarray, x: np.ndarray, w: np.ndarray, stride: int = 1, pad: int = 0
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Gradients of a loss L with respect to the three inputs of conv2d.

    Args:
        dy: dL/dy (N, F, OH, OW), y being conv2d(x, w, b, stride, pad).
        x: images (N, C, H, W), as in the forward call.
        w: kernels (F, C, KH, KW), as in the forward call.
        stride: as in the forward call.
        pad: as in the forward call.

    Returns:
        The tuple (dx, dw, db) in the shapes of x, w and b, dtype of x.

    Source: the chain rule on the formula of conv2d; Goodfellow et al. (2016), Deep Learning, section 9.5.
    """
    h, width = x.shape[2:]
    kh, kw = w.shape[2:]
    oh, ow = dy.shape[2:]
    padded = _padded(x, pad)
    windows = _windows(padded, (kh, kw), stride, (oh, ow))
    dw = np.tensordot(dy, windows, axes=((0, 2, 3), (0, 2, 3)))
    db = dy.sum(axis=(0, 2, 3))
    dpadded = np.zeros_like(padded)
    shares = np.tensordot(dy, w, axes=(1, 0))  # (N, OH, OW, C, KH, KW): of each output, to each of its inputs
    for row in range(kh):
        for column in range(kw):
            share = shares[..., row, column].transpose(0, 3, 1, 2)
            dpadded[:, :, row : row + stride * oh : stride, column : column + stride * ow : stride] += share
    dx = dpadded[:, :, pad : pad + h, pad : pad + width]
    return dx.astype(x.dtype), dw.astype(x.dtype), db.astype(x.dtype)


def max_pool2d(x: np.ndarray, k: int | tuple[int, int], stride: int) -> np.ndarray:
    """Largest value of each window, for each image and channel alone; no padding.

    Args:
        x: images (N, C, H, W), float64 or float32.
        k: the window's side, or (rows, columns).
        stride: step of the window; windows overlap where it is smaller than the window.

    Returns:
        y (N, C, OH, OW), dtype of x.

    Raises:
        ValueError: the window is larger than the image.

    Source: Goodfellow et al. (2016), Deep Learning, section 9.3.
    """
    kh, kw = (k, k) if isinstance(k, int) else k
    oh = output_size(x.shape[2], kh, stride)
    ow = output_size(x.shape[3], kw, stride)
    return _windows(x, (kh, kw), stride, (oh, ow)).max(axis=(4, 5))


def max_pool2d_backward(dy: np.ndarray, x: np.ndarray, k: int | tuple[int, int], stride: int) -> np.ndarray:
    """Gradient of a loss L with respect to the input of max_pool2d.

    The whole of dy[n,c,i,j] goes to the pixel that was the maximum of window (i, j). Where several
    pixels of a window share the maximum, it goes to the first of them: row by row, left to right.

    Args:
        dy: dL/dy (N, C, OH, OW), y being max_pool2d(x, k, stride).
        x: images (N, C, H, W), as in the forward call.
        k: the window's side, or (rows, columns), as in the forward call.
        stride: as in the forward call.

    Returns:
        dx (N, C, H, W), dtype of x.
    """
    kh, kw = (k, k) if isinstance(k, int) else k
    n, c, oh, ow = dy.shape
    windows = _windows(x, (kh, kw), stride, (oh, ow)).reshape(n, c, oh, ow, kh * kw)
    first = windows.argmax(axis=-1)  # position of the maximum in its window; the first one if tied
    rows = stride * np.arange(oh)[:, None] + first // kw
    columns = stride * np.arange(ow) + first % kw
    samples = np.arange(n)[:, None, None, None]
    channels = np.arange(c)[:, None, None]
    dx = np.zeros(x.shape)
    np.add.at(dx, (samples, channels, rows, columns), dy)  # += would lose pixels that win twice
    return dx.astype(x.dtype)
