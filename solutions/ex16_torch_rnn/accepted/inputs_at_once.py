"""The inputs of all time steps in one product; cell and layer share a class; no default state is made at all."""

import torch
from torch import nn


class _Recurrent(nn.Module):
    def __init__(self, n_in: int, n_hidden: int, suffix: str) -> None:
        super().__init__()
        shapes = {"weight_ih": (n_hidden, n_in), "weight_hh": (n_hidden, n_hidden), "bias_ih": (n_hidden,)}
        shapes["bias_hh"] = (n_hidden,)
        self.names = [name + suffix for name in shapes]
        for name, shape in shapes.items():
            values = (2 * torch.rand(shape) - 1) / n_hidden**0.5
            self.register_parameter(name + suffix, nn.Parameter(values))

    def steps(self, x, h):
        w_ih, w_hh, b_ih, b_hh = (getattr(self, name) for name in self.names)
        for z in torch.einsum("ntd,hd->tnh", x, w_ih) + (b_ih + b_hh):
            h = torch.tanh(z if h is None else z + h.matmul(w_hh.transpose(0, 1)))
            yield h


class RNNCell(_Recurrent):
    def __init__(self, n_in: int, n_hidden: int) -> None:
        super().__init__(n_in, n_hidden, "")

    def forward(self, x, h=None):
        return next(self.steps(x[:, None], h))


class RNN(_Recurrent):
    def __init__(self, n_in: int, n_hidden: int) -> None:
        super().__init__(n_in, n_hidden, "_l0")

    def forward(self, x, h0=None):
        out = torch.stack(list(self.steps(x, h0)), dim=1)
        return out, out[:, -1]
