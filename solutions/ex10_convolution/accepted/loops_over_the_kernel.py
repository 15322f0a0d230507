"""Loops over the kernel's cells in the input's own precision; pooling loops over the output's pixels."""

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
    span = n + 2 * pad - k
    if span < 0:
        raise ValueError("the kernel does not fit")
    return 1 + span // stride


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
    padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    y = np.zeros((x.shape[0], w.shape[0], oh, ow), dtype=x.dtype)
    for k in range(kh):
        for m in range(kw):
            pixels = padded[:, :, k : k + stride * oh : stride, m : m + stride * ow : stride]
            y += np.einsum("ncij,fc->nfij", pixels, w[:, :, k, m])
    y += b[None, :, None, None]
    return y


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
    padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    dpadded = np.zeros_like(padded)
    dw = np.zeros_like(w)
    for k in range(kh):
        for m in range(kw):
            place = (..., slice(k, k + stride * oh, stride), slice(m, m + stride * ow, stride))
            dw[:, :, k, m] = np.einsum("nfij,ncij->fc", dy, padded[place])
            dpadded[place] += np.einsum("nfij,fc->ncij", dy, w[:, :, k, m])
    return dpadded[:, :, pad : pad + h, pad : pad + width], dw, dy.sum(axis=(0, 2, 3))


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
    kh, kw = (k, k) if np.isscalar(k) else k
    oh = output_size(x.shape[2], kh, stride)
    ow = output_size(x.shape[3], kw, stride)
    y = np.empty(x.shape[:2] + (oh, ow), dtype=x.dtype)
    for i in range(oh):
        for j in range(ow):
            y[:, :, i, j] = x[:, :, i * stride : i * stride + kh, j * stride : j * stride + kw].max(
                axis=(2, 3)
            )
    return y


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
    kh, kw = (k, k) if np.isscalar(k) else k
    dx = np.zeros_like(x)
    n, c, oh, ow = dy.shape
    for sample in range(n):
        for channel in range(c):
            for i in range(oh):
                for j in range(ow):
                    top, left = i * stride, j * stride
                    window = x[sample, channel, top : top + kh, left : left + kw]
                    row, column = np.unravel_index(np.argmax(window), window.shape)
                    dx[sample, channel, top + row, left + column] += dy[sample, channel, i, j]
    return dx
