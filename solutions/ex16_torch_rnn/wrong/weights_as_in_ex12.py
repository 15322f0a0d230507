"""Stores the weights as ex12 has them.

en: The weights are stored as in ex12, (D, H): torch stores (H, D), and multiplies by the transpose.
ko: 가중치를 ex12처럼 (D, H)로 저장했습니다. torch는 (H, D)로 저장하고 전치하여 곱합니다.
fails: public/test_step, test_step_from_zero*, test_step_from_state, test_step_saturated,
  test_step_unchanged, test_default_cell, test_default_layer, test_second_call, test_default_float64,
  test_sequence*, test_sequence_from_state, test_sequence_unchanged, test_speed[within_10],
  test_step_gradients*, test_through_time*, test_last_only*, test_parameters*, test_initial_values*,
  test_as_torch, test_state_dict*, test_small*, test_lengths, test_float64,
  test_default_cell_device, test_default_layer_device, test_device
"""

import torch
from torch import nn


def _drawn(n_hidden: int, *shape: int) -> nn.Parameter:
    """A new parameter of this shape, uniform between -1/√H and 1/√H."""
    bound = n_hidden**-0.5
    return nn.Parameter(torch.empty(shape).uniform_(-bound, bound))


def _step(
    x: torch.Tensor,
    h: torch.Tensor,
    w_ih: torch.Tensor,
    w_hh: torch.Tensor,
    b_ih: torch.Tensor,
    b_hh: torch.Tensor,
) -> torch.Tensor:
    """The state after one time step."""
    return torch.tanh(x @ w_ih + b_ih + h @ w_hh + b_hh)


class RNNCell(nn.Module):
    """One time step: h' = tanh(x W_ihᵀ + b_ih + h W_hhᵀ + b_hh).

    Parameters (nn.Parameter, of torch's default dtype), all uniform between -1/√H and 1/√H at first:
        weight_ih: (H, D).
        weight_hh: (H, H).
        bias_ih, bias_hh: (H,) each; both are added.

    Source: Elman (1990), Finding Structure in Time; parameters as in torch.nn.RNNCell.
    """

    def __init__(self, n_in: int, n_hidden: int) -> None:
        """Make the parameters, for D = n_in and H = n_hidden."""
        super().__init__()
        self.weight_ih = _drawn(n_hidden, n_in, n_hidden)
        self.weight_hh = _drawn(n_hidden, n_hidden, n_hidden)
        self.bias_ih = _drawn(n_hidden, n_hidden)
        self.bias_hh = _drawn(n_hidden, n_hidden)

    def forward(self, x: torch.Tensor, h: torch.Tensor | None = None) -> torch.Tensor:
        """The hidden state after one time step.

        Args:
            x: inputs of this time step, (N, D).
            h: hidden state before it, (N, H); None stands for zeros, of the dtype and on the device of x.

        Returns:
            The new hidden state, (N, H), dtype and device of x. x and h are left as they are.
        """
        if h is None:
            h = x.new_zeros(x.shape[0], self.weight_hh.shape[0])
        return _step(x, h, self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh)


class RNN(nn.Module):
    """A whole sequence: the step of `RNNCell`, T times, with the same parameters each time.

    Parameters (as those of `RNNCell`, under other names):
        weight_ih_l0: (H, D).
        weight_hh_l0: (H, H).
        bias_ih_l0, bias_hh_l0: (H,) each; both are added.

    Source: Goodfellow et al. (2016), Deep Learning, section 10.2; parameters as in torch.nn.RNN.
    """

    def __init__(self, n_in: int, n_hidden: int) -> None:
        """Make the parameters, for D = n_in and H = n_hidden."""
        super().__init__()
        self.weight_ih_l0 = _drawn(n_hidden, n_in, n_hidden)
        self.weight_hh_l0 = _drawn(n_hidden, n_hidden, n_hidden)
        self.bias_ih_l0 = _drawn(n_hidden, n_hidden)
        self.bias_hh_l0 = _drawn(n_hidden, n_hidden)

    def forward(self, x: torch.Tensor, h0: torch.Tensor | None = None) -> tuple[torch.Tensor, torch.Tensor]:
        """All hidden states, and the last one.

        Args:
            x: inputs, (N, T, D) with T >= 1; `x[:, t]` is time step t.
            h0: hidden state before the first time step, (N, H); None stands for zeros, of the dtype and on
                the device of x.

        Returns:
            The tuple (out, h_T): out (N, T, H) holds the state after each time step, h0 not among them; h_T
            (N, H) is the state after the last one. Both have the dtype and device of x. A call leaves x and
            h0 as they are, and nothing behind: the next one begins anew.
        """
        h = x.new_zeros(x.shape[0], self.weight_hh_l0.shape[0]) if h0 is None else h0
        states = []
        for t in range(x.shape[1]):
            h = _step(x[:, t], h, self.weight_ih_l0, self.weight_hh_l0, self.bias_ih_l0, self.bias_hh_l0)
            states.append(h)
        return torch.stack(states, dim=1), h
