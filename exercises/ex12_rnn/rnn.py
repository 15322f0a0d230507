"""A recurrent layer (Elman RNN) and backpropagation through time, in numpy.

Names and shapes, the same in all functions:
    N samples, T time steps, D inputs and H hidden units;
    Wx (D, H), Wh (H, H), b (H,) are the parameters, shared by all time steps.
The dtype of every result is that of x. No function changes the arrays that it is given.
A name that begins with d is the gradient of the loss with respect to what follows, in the same shape.
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
    raise NotImplementedError("rnn_step is not written yet")


def rnn_forward(x: np.ndarray, h0: np.ndarray, Wx: np.ndarray, Wh: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Hidden states after every time step.

    Args:
        x: inputs, (N, T, D) with T >= 1; `x[:, t]` is time step t.
        h0: hidden state before the first time step, (N, H).
        Wx, Wh, b: parameters.

    Returns:
        h, (N, T, H); `h[:, t]` is the state after time step t. h0 is not part of it.
    """
    raise NotImplementedError("rnn_forward is not written yet")


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
    raise NotImplementedError("rnn_step_backward is not written yet")


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
    raise NotImplementedError("rnn_backward is not written yet")
