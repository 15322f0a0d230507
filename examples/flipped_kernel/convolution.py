"""ex10, second try. conv2d works on my box blur, backward still to be tested properly."""

import numpy as np


def output_size(n: int, k: int, stride: int = 1, pad: int = 0) -> int:
    if k > n + 2 * pad:
        raise ValueError("kernel does not fit")
    return (n + 2 * pad - k) // stride + 1


def zero_pad(x, pad):
    N, C, H, W = x.shape
    xp = np.zeros((N, C, H + 2 * pad, W + 2 * pad), dtype=x.dtype)
    xp[:, :, pad : pad + H, pad : pad + W] = x
    return xp


def conv2d(x: np.ndarray, w: np.ndarray, b: np.ndarray, stride: int = 1, pad: int = 0) -> np.ndarray:
    N, C, H, W = x.shape
    F, _, KH, KW = w.shape
    OH = output_size(H, KH, stride, pad)
    OW = output_size(W, KW, stride, pad)
    xp = zero_pad(x, pad)
    # convolution: rotate the kernel by 180 degrees first (signals lecture)
    w = w[:, :, ::-1, ::-1]
    y = np.zeros((N, F, OH, OW), dtype=x.dtype)
    for i in range(OH):
        for j in range(OW):
            window = xp[:, :, i * stride : i * stride + KH, j * stride : j * stride + KW]
            for f in range(F):
                y[:, f, i, j] = np.sum(window * w[f], axis=(1, 2, 3)) + b[f]
    return y


def conv2d_backward(dy, x, w, stride: int = 1, pad: int = 0):
    N, C, H, W = x.shape
    F, _, KH, KW = w.shape
    _, _, OH, OW = dy.shape
    xp = zero_pad(x, pad)
    dxp = np.zeros_like(xp)
    dw = np.zeros_like(w)
    for n in range(N):
        for f in range(F):
            for i in range(OH):
                for j in range(OW):
                    rows = slice(i * stride, i * stride + KH)
                    cols = slice(j * stride, j * stride + KW)
                    dw[f] += dy[n, f, i, j] * xp[n, :, rows, cols]
                    dxp[n, :, rows, cols] += dy[n, f, i, j] * w[f]
    db = dy.sum(axis=(0, 2, 3))
    dx = dxp[:, :, pad : pad + H, pad : pad + W]
    return dx, dw, db


def max_pool2d(x: np.ndarray, k, stride: int) -> np.ndarray:
    kh, kw = (k, k) if isinstance(k, int) else k
    N, C, H, W = x.shape
    OH = output_size(H, kh, stride)
    OW = output_size(W, kw, stride)
    y = np.zeros((N, C, OH, OW), dtype=x.dtype)
    for i in range(OH):
        for j in range(OW):
            y[:, :, i, j] = x[:, :, i * stride : i * stride + kh, j * stride : j * stride + kw].max(
                axis=(2, 3)
            )
    return y


def max_pool2d_backward(dy: np.ndarray, x: np.ndarray, k, stride: int) -> np.ndarray:
    kh, kw = (k, k) if isinstance(k, int) else k
    N, C, OH, OW = dy.shape
    dx = np.zeros_like(x)
    for n in range(N):
        for c in range(C):
            for i in range(OH):
                for j in range(OW):
                    window = x[n, c, i * stride : i * stride + kh, j * stride : j * stride + kw]
                    a, b = np.unravel_index(np.argmax(window), window.shape)
                    dx[n, c, i * stride + a, j * stride + b] += dy[n, c, i, j]
    return dx
