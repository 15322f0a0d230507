"""torch.nn.functional.linear, and one row of zeros that broadcasts: a buffer that is not saved."""

import torch
import torch.nn.functional as F
from torch import nn


class RNNCell(nn.Module):
    def __init__(self, n_in: int, n_hidden: int) -> None:
        super().__init__()
        self.register_buffer("zeros", torch.zeros(1, n_hidden), persistent=False)
        self.weight_ih = nn.Parameter(torch.empty(n_hidden, n_in))
        self.weight_hh = nn.Parameter(torch.empty(n_hidden, n_hidden))
        self.bias_ih = nn.Parameter(torch.empty(n_hidden))
        self.bias_hh = nn.Parameter(torch.empty(n_hidden))
        for parameter in self.parameters():
            nn.init.uniform_(parameter, -(n_hidden**-0.5), n_hidden**-0.5)

    def forward(self, x: torch.Tensor, h: torch.Tensor | None = None) -> torch.Tensor:
        if h is None:
            h = self.zeros
        return torch.tanh(
            F.linear(x, self.weight_ih, self.bias_ih) + F.linear(h, self.weight_hh, self.bias_hh)
        )


class RNN(nn.Module):
    def __init__(self, n_in: int, n_hidden: int) -> None:
        super().__init__()
        self.register_buffer("zeros", torch.zeros(1, n_hidden), persistent=False)
        self.weight_ih_l0 = nn.Parameter(torch.empty(n_hidden, n_in))
        self.weight_hh_l0 = nn.Parameter(torch.empty(n_hidden, n_hidden))
        self.bias_ih_l0 = nn.Parameter(torch.empty(n_hidden))
        self.bias_hh_l0 = nn.Parameter(torch.empty(n_hidden))
        for parameter in self.parameters():
            nn.init.uniform_(parameter, -(n_hidden**-0.5), n_hidden**-0.5)

    def forward(self, x: torch.Tensor, h0: torch.Tensor | None = None) -> tuple[torch.Tensor, torch.Tensor]:
        h = self.zeros if h0 is None else h0
        states = []
        for x_t in x.unbind(dim=1):
            z = F.linear(x_t, self.weight_ih_l0, self.bias_ih_l0) + F.linear(
                h, self.weight_hh_l0, self.bias_hh_l0
            )
            h = z.tanh()
            states.append(h.unsqueeze(1))
        return torch.cat(states, dim=1), h
