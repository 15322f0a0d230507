"""Inputs and state side by side, times one wide matrix; the states are written into a tensor made beforehand."""

import math

import torch
from torch import nn


def _uniform(*shape, bound):
    return nn.Parameter(torch.distributions.Uniform(-bound, bound).sample(shape))


class RNNCell(nn.Module):
    def __init__(self, n_in: int, n_hidden: int) -> None:
        super().__init__()
        bound = 1 / math.sqrt(n_hidden)
        self.weight_ih = _uniform(n_hidden, n_in, bound=bound)
        self.weight_hh = _uniform(n_hidden, n_hidden, bound=bound)
        self.bias_ih = _uniform(n_hidden, bound=bound)
        self.bias_hh = _uniform(n_hidden, bound=bound)

    def forward(self, x, h=None):
        h = x.new_zeros((len(x), len(self.bias_hh))) if h is None else h
        weight = torch.cat([self.weight_ih, self.weight_hh], dim=1)
        return (torch.cat([x, h], dim=1) @ weight.t() + self.bias_ih + self.bias_hh).tanh()


class RNN(nn.Module):
    def __init__(self, n_in: int, n_hidden: int) -> None:
        super().__init__()
        bound = 1 / math.sqrt(n_hidden)
        self.weight_ih_l0 = _uniform(n_hidden, n_in, bound=bound)
        self.weight_hh_l0 = _uniform(n_hidden, n_hidden, bound=bound)
        self.bias_ih_l0 = _uniform(n_hidden, bound=bound)
        self.bias_hh_l0 = _uniform(n_hidden, bound=bound)

    def forward(self, x, h0=None):
        n, steps, _ = x.shape
        n_hidden = len(self.bias_hh_l0)
        h = torch.zeros((n, n_hidden), dtype=x.dtype, device=x.device) if h0 is None else h0
        weight = torch.cat([self.weight_ih_l0, self.weight_hh_l0], dim=1).T
        bias = self.bias_ih_l0 + self.bias_hh_l0
        out = torch.empty((n, steps, n_hidden), dtype=x.dtype, device=x.device)
        for t in range(steps):
            h = torch.tanh(torch.addmm(bias, torch.cat([x[:, t], h], dim=1), weight))
            out[:, t] = h
        return out, h
