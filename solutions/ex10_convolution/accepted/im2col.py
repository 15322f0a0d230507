"""Turns windows into the columns of a matrix; the backward scatters them back (col2im)."""

import numpy as np


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


def _positions(
    shape: tuple[int, ...], kh: int, kw: int, stride: int, pad: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Indices (channel, row, column), each (C*KH*KW, OH*OW) by broadcasting, into a padded image."""
    c, h, w = shape[1:]
    oh, ow = output_size(h, kh, stride, pad), output_size(w, kw, stride, pad)
    channel = np.repeat(np.arange(c), kh * kw)[:, None]
    row = np.tile(np.repeat(np.arange(kh), kw), c)[:, None] + stride * np.repeat(np.arange(oh), ow)
    column = np.tile(np.arange(kw), c * kh)[:, None] + stride * np.tile(np.arange(ow), oh)
    return channel, row, column


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
    f, _, kh, kw = w.shape
    channel, row, column = _positions(x.shape, kh, kw, stride, pad)
    padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    columns = padded[:, channel, row, column]  # (N, C*KH*KW, OH*OW)
    y = w.reshape(f, -1) @ columns + b[:, None]
    return y.reshape(x.shape[0], f, output_size(x.shape[2], kh, stride, pad), -1)


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
    f, _, kh, kw = w.shape
    n, _, h, width = x.shape
    channel, row, column = _positions(x.shape, kh, kw, stride, pad)
    padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    columns = padded[:, channel, row, column]
    flat = dy.reshape(n, f, -1)
    dw = (flat @ columns.transpose(0, 2, 1)).sum(axis=0).reshape(w.shape)
    dpadded = np.zeros_like(padded)
    np.add.at(dpadded, (slice(None), channel, row, column), w.reshape(f, -1).T @ flat)
    return dpadded[:, :, pad : h + pad, pad : width + pad], dw, flat.sum(axis=(0, 2))


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
    n, c, h, w = x.shape
    flat = x.reshape(n * c, 1, h, w)
    columns = flat[:, *_positions(flat.shape, kh, kw, stride, 0)]
    return columns.max(axis=1).reshape(n, c, output_size(h, kh, stride), output_size(w, kw, stride))


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
    n, c, h, w = x.shape
    flat = x.reshape(n * c, 1, h, w)
    channel, row, column = _positions(flat.shape, kh, kw, stride, 0)
    columns = flat[:, channel, row, column]
    winners = np.zeros_like(columns)
    np.put_along_axis(winners, columns.argmax(axis=1)[:, None], dy.reshape(n * c, 1, -1), axis=1)
    dx = np.zeros_like(flat)
    np.add.at(dx, (slice(None), channel, row, column), winners)
    return dx.reshape(x.shape)
