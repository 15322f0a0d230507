"""Works on (T, N, ·) inside, writes products as einsum and tanh as a logistic function."""

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
    z = np.einsum("nd,dh->nh", x, Wx) + np.einsum("ng,gh->nh", h_prev, Wh) + b
    return np.sign(z) * (1 - np.exp(-2 * np.abs(z))) / (1 + np.exp(-2 * np.abs(z)))


def rnn_forward(x: np.ndarray, h0: np.ndarray, Wx: np.ndarray, Wh: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Hidden states after every time step.

    Args:
        x: inputs, (N, T, D) with T >= 1; `x[:, t]` is time step t.
        h0: hidden state before the first time step, (N, H).
        Wx, Wh, b: parameters.

    Returns:
        h, (N, T, H); `h[:, t]` is the state after time step t. h0 is not part of it.
    """
    h = np.zeros((x.shape[1], *h0.shape), dtype=x.dtype)
    state = h0.copy()
    for t, x_t in enumerate(np.swapaxes(x, 0, 1)):
        state = rnn_step(x_t, state, Wx, Wh, b)
        h[t] += state
    return np.swapaxes(h, 0, 1)


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
    dz = np.einsum("nh,nh->nh", dh, 1 - np.square(h))
    dWx = np.einsum("nd,nh->dh", x, dz)
    dWh = np.einsum("ng,nh->gh", h_prev, dz)
    return np.einsum("nh,dh->nd", dz, Wx), np.einsum("nh,gh->ng", dz, Wh), dWx, dWh, np.einsum("nh->h", dz)


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
    upstream = dh.copy()
    before = [h0, *np.swapaxes(h, 0, 1)]
    parts = []
    dh_prev = np.zeros_like(h0)
    for t in range(h.shape[1] - 1, -1, -1):
        upstream[:, t] += dh_prev
        dx_t, dh_prev, *rest = rnn_step_backward(upstream[:, t], x[:, t], before[t], before[t + 1], Wx, Wh)
        parts.insert(0, (dx_t, *rest))
    dx, dWx, dWh, db = (list(part) for part in zip(*parts, strict=True))
    return np.stack(dx, axis=1), dh_prev, sum(dWx), sum(dWh), sum(db)
