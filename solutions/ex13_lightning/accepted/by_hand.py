"""Parameters of its own, dropout and cross-entropy by hand, all outputs kept to the end of the epoch."""

from collections.abc import Sequence

import pytorch_lightning as pl
import torch

Batch = tuple[torch.Tensor, torch.Tensor]
"""(x, y), as a data loader gives them. Batches may differ in size."""


class Classifier(pl.LightningModule):
    """A multilayer perceptron with ReLU between its layers.

    Attributes:
        history: one dict for each validation epoch of this run, {"val_loss": float, "val_acc": float}.

    Nothing here moves data to a device, calls backward or steps an optimiser: the Trainer does.
    """

    def __init__(self, sizes: Sequence[int], lr: float = 0.1, dropout: float = 0.0) -> None:
        """Makes the layers.

        Args:
            sizes: D, the sizes of the hidden layers if there are any, and K: (4, 16, 3) is one hidden layer
                of 16 units. There are len(sizes) - 1 linear layers, with biases, all of them registered.
            lr: learning rate of the optimiser.
            dropout: with which probability a hidden unit is dropped (after its ReLU), in training only.
        """
        super().__init__()
        self.lr, self.p = lr, dropout
        self.weights, self.biases = torch.nn.ParameterList(), torch.nn.ParameterList()
        for n_in, n_out in zip(sizes[:-1], sizes[1:], strict=True):
            bound = n_in**-0.5
            self.weights.append(torch.nn.Parameter(torch.empty(n_out, n_in).uniform_(-bound, bound)))
            self.biases.append(torch.nn.Parameter(torch.zeros(n_out)))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Logits, (N, K), of x, (N, D): scores before softmax. No ReLU, no dropout behind the last layer."""
        for i, (weight, bias) in enumerate(zip(self.weights, self.biases, strict=True)):
            if i > 0:
                x = x.clamp(min=0)
                if self.training and self.p > 0:
                    x = x * (torch.rand_like(x) >= self.p) / (1 - self.p)
            x = x @ weight.T + bias
        return x

    def setup(self, stage: str) -> None:
        """Starts a run with an empty history. Called on every process, before anything else of the run.

        Args:
            stage: "fit", "validate" or "test".
        """
        self.history = []

    def training_step(self, batch: Batch, batch_idx: int) -> torch.Tensor:
        """Mean cross-entropy of a batch, a tensor of shape () from which the Trainer can go backward.

        Finite for logits of any size.

        Source: Goodfellow et al., Deep Learning (2016), section 6.2.2.3.
        """
        x, y = batch
        logits = self(x)
        return (torch.logsumexp(logits, dim=1) - logits.gather(1, y[:, None])[:, 0]).mean()

    def on_validation_epoch_start(self) -> None:
        """Forgets what the last validation epoch has counted."""
        self.outputs = []

    def validation_step(self, batch: Batch, batch_idx: int) -> None:
        """Counts one batch of a validation epoch."""
        x, y = batch
        self.outputs.append((self(x), y))

    def on_validation_epoch_end(self) -> None:
        """Logs the metrics of the epoch, and appends them to the history.

        "val_loss" is the mean cross-entropy of all samples of the epoch, "val_acc" the fraction of them whose
        class has the largest logit. Batches differ in size: a mean of their means is something else.
        """
        logits = torch.cat([logits for logits, _ in self.outputs])
        y = torch.cat([y for _, y in self.outputs])
        loss = torch.nn.functional.cross_entropy(logits, y).item()
        accuracy = float((logits.argmax(dim=1) == y).double().mean())
        self.log("val_loss", loss)
        self.log("val_acc", accuracy)
        self.history.append({"val_loss": loss, "val_acc": accuracy})

    def test_step(self, batch: Batch, batch_idx: int) -> None:
        """Logs "test_loss" and "test_acc", so that the Trainer reports them over all samples of the set."""
        x, y = batch
        logits = self(x)
        self.log_dict(
            {
                "test_loss": torch.nn.functional.cross_entropy(logits, y),
                "test_acc": torch.mean((logits.argmax(1) == y) * 1.0),
            },
            on_step=False,
            on_epoch=True,
        )

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """Plain stochastic gradient descent, no momentum, with learning rate lr, on all parameters."""
        return [torch.optim.SGD([{"params": [p]} for p in self.parameters()], lr=self.lr)]
