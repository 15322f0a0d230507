"""Loops over time into arrays made beforehand, without calling the step functions."""

import numpy as np


def rnn_step(x: np.ndarray, h_prev: np.ndarray, Wx: np.ndarray, Wh: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Hidden state after one time step: h = tanh(x Wx + h_prev Wh + b).

    Args:
        x: inputs of this time step, (N, D). Any finite values, also 1e4.
        h_prev: hidden state before it, (N, H).
        Wx, Wh, b: parameters.

    Returns:
        h, (N, H).

    Source: Elman (1990), Finding Structure in Time; Goodfellow et al. (2016), equations 10.8 and 10.9.
    """
    z = np.dot(x, Wx)
    z += np.dot(h_prev, Wh)
    z += b
    return np.tanh(z)


def rnn_forward(x: np.ndarray, h0: np.ndarray, Wx: np.ndarray, Wh: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Hidden states after every time step.

    Args:
        x: inputs, (N, T, D) with T >= 1; `x[:, t]` is time step t.
        h0: hidden state before the first time step, (N, H).
        Wx, Wh, b: parameters.

    Returns:
        h, (N, T, H); `h[:, t]` is the state after time step t. h0 is not part of it.
    """
    n, steps, _ = x.shape
    h = np.empty((n, steps, Wh.shape[0]), dtype=x.dtype)
    for t in range(steps):
        before = h0 if t == 0 else h[:, t - 1]
        h[:, t] = np.tanh(x[:, t] @ Wx + before @ Wh + b)
    return h


def rnn_step_backward(
    dh: np.ndarray, x: np.ndarray, h_prev: np.ndarray, h: np.ndarray, Wx: np.ndarray, Wh: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Gradients of one time step, by the chain rule.

    Args:
        dh: gradient with respect to h, (N, H).
        x, h_prev: what went into the step, (N, D) and (N, H).
        h: what came out of it, (N, H).
        Wx, Wh: parameters.

    Returns:
        (dx, dh_prev, dWx, dWh, db) in the shapes of x, h_prev, Wx, Wh and b; the last three summed over the
        N samples.

    Source: tanh'(z) = 1 - tanh(z)^2; Goodfellow et al. (2016), section 10.2.2.
    """
    dz = dh - dh * h * h
    return np.dot(dz, Wx.T), np.dot(dz, Wh.T), np.dot(x.T, dz), np.dot(h_prev.T, dz), np.sum(dz, axis=0)


def rnn_backward(
    dh: np.ndarray, x: np.ndarray, h0: np.ndarray, h: np.ndarray, Wx: np.ndarray, Wh: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Gradients of the whole sequence: backpropagation through time.

    Args:
        dh: gradient that reaches each hidden state directly from the loss, (N, T, H). What reaches it
            through later time steps is not in it: that is for this function to add.
        x: inputs, (N, T, D).
        h0: hidden state before the first time step, (N, H).
        h: hidden states as `rnn_forward` returns them, (N, T, H).
        Wx, Wh: parameters.

    Returns:
        (dx, dh0, dWx, dWh, db) in the shapes of x, h0, Wx, Wh and b; the last three summed over the N samples
        and the T time steps.

    Source: Goodfellow et al. (2016), section 10.2.2; Zhang et al., Dive into Deep Learning, section 9.7.
    """
    n, steps, _ = x.shape
    dx = np.empty_like(x)
    dWx, dWh, db = np.zeros_like(Wx), np.zeros_like(Wh), np.zeros(len(Wh), dtype=x.dtype)
    carried = np.zeros((n, len(Wh)), dtype=x.dtype)
    for t in range(steps - 1, -1, -1):
        before = h0 if t == 0 else h[:, t - 1]
        dz = (dh[:, t] + carried) * (1 - h[:, t] ** 2)
        dx[:, t] = dz @ Wx.T
        carried = dz @ Wh.T
        dWx += x[:, t].T @ dz
        dWh += before.T @ dz
        db += dz.sum(axis=0)
    return dx, carried, dWx, dWh, db
