"""Views the windows with as_strided; dx is a convolution of the spread-out dy with the flipped kernels."""

import numpy as np
from numpy.lib.stride_tricks import as_strided


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


def _windows(x: np.ndarray, size: tuple[int, int], stride: int, count: tuple[int, int]) -> np.ndarray:
    """View (N, C, OH, OW, KH, KW) of the windows of x, for size = (KH, KW) and count = (OH, OW)."""
    n, c, row, column = x.strides
    strides = (n, c, stride * row, stride * column, row, column)
    return as_strided(x, x.shape[:2] + tuple(count) + tuple(size), strides, writeable=False)


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
    h, width = x.shape[2:]
    kh, kw = w.shape[2:]
    count = output_size(h, kh, stride, pad), output_size(width, kw, stride, pad)
    padded = np.pad(x, [(0, 0)] * 2 + [(pad, pad)] * 2)
    y = np.einsum("ncijkl,fckl->nfij", _windows(padded, (kh, kw), stride, count), w, optimize=True)
    return y + b.reshape(-1, 1, 1)


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
    kh, kw = w.shape[2:]
    n, f, oh, ow = dy.shape
    padded = np.pad(x, [(0, 0)] * 2 + [(pad, pad)] * 2)
    hp, wp = padded.shape[2:]
    dw = np.einsum("nfij,ncijkl->fckl", dy, _windows(padded, (kh, kw), stride, (oh, ow)))
    spread = np.zeros((n, f, hp + kh - 1, wp + kw - 1), dtype=dy.dtype)
    spread[:, :, kh - 1 : kh - 1 + stride * oh : stride, kw - 1 : kw - 1 + stride * ow : stride] = dy
    around = _windows(spread, (kh, kw), 1, (hp, wp))
    dpadded = np.einsum("nfijkl,fckl->ncij", around, w[:, :, ::-1, ::-1])
    dx = dpadded[:, :, pad : hp - pad, pad : wp - pad]
    return dx, dw, np.einsum("nfij->f", dy)


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
    kh, kw = k if isinstance(k, tuple) else (k, k)
    count = output_size(x.shape[2], kh, stride), output_size(x.shape[3], kw, stride)
    return np.max(_windows(x, (kh, kw), stride, count), axis=(-2, -1))


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
    kh, kw = k if isinstance(k, tuple) else (k, k)
    oh, ow = dy.shape[2:]
    windows = _windows(x, (kh, kw), stride, (oh, ow))
    largest = windows.max(axis=(4, 5))
    taken = np.zeros(dy.shape, dtype=bool)
    dx = np.zeros_like(x)
    for row in range(kh):
        for column in range(kw):
            wins = (windows[..., row, column] == largest) & ~taken
            taken |= wins
            dx[:, :, row : row + stride * oh : stride, column : column + stride * ow : stride] += wins * dy
    return dx
