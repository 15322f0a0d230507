"""Returns the last state instead of all.

en: You returned the last state only: return all T of them, (N, T, H).
ko: 마지막 상태만 반환했습니다. T개의 상태를 모두 (N, T, H)로 반환하세요.
fails: test_first_step_uses_h0, test_h0_echoes, test_sequence*, test_impulse, test_forward_keeps_inputs,
  test_long_forward, test_speed, public/test_two_steps
"""

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
    return np.tanh(x @ Wx + h_prev @ Wh + b)


def rnn_forward(x: np.ndarray, h0: np.ndarray, Wx: np.ndarray, Wh: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Hidden states after every time step.

    Args:
        x: inputs, (N, T, D) with T >= 1; `x[:, t]` is time step t.
        h0: hidden state before the first time step, (N, H).
        Wx, Wh, b: parameters.

    Returns:
        h, (N, T, H); `h[:, t]` is the state after time step t. h0 is not part of it.
    """
    states = []
    state = h0
    for t in range(x.shape[1]):
        state = rnn_step(x[:, t], state, Wx, Wh, b)
        states.append(state)
    return state


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
    dz = dh * (1 - h**2)
    return dz @ Wx.T, dz @ Wh.T, x.T @ dz, h_prev.T @ dz, dz.sum(axis=0)


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
    dx = np.zeros_like(x)
    dh_next = np.zeros_like(h0)  # what step t + 1 sends back to h[:, t]
    dWx = np.zeros_like(Wx)
    dWh = np.zeros_like(Wh)
    db = np.zeros_like(Wh[0])
    for t in reversed(range(x.shape[1])):
        h_prev = h[:, t - 1] if t > 0 else h0
        dx[:, t], dh_next, dWx_t, dWh_t, db_t = rnn_step_backward(
            dh[:, t] + dh_next, x[:, t], h_prev, h[:, t], Wx, Wh
        )
        dWx += dWx_t
        dWh += dWh_t
        db += db_t
    return dx, dh_next, dWx, dWh, db
