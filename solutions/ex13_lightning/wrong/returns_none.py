"""Forgets to return.

en: training_step returns nothing, and the Trainer skips the step: return the loss.
ko: training_step이 아무것도 반환하지 않아 Trainer가 스텝을 건너뜁니다. 손실을 반환하세요.
fails: public/test_loss, test_loss[*], test_loss_of_large_logits, test_gradients[*], test_steps[*],
  test_modes, test_optimizer
"""

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
        self.lr = lr
        self.layers = torch.nn.ModuleList(
            torch.nn.Linear(n_in, n_out) for n_in, n_out in zip(sizes[:-1], sizes[1:], strict=True)
        )
        self.dropout = torch.nn.Dropout(dropout)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Logits, (N, K), of x, (N, D): scores before softmax. No ReLU, no dropout behind the last layer."""
        for layer in self.layers[:-1]:
            x = self.dropout(torch.relu(layer(x)))
        return self.layers[-1](x)

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
        loss = torch.nn.functional.cross_entropy(self(x), y)
        self.log("train_loss", loss)

    def on_validation_epoch_start(self) -> None:
        """Forgets what the last validation epoch has counted."""
        self.loss_sum, self.correct, self.seen = 0.0, 0, 0

    def validation_step(self, batch: Batch, batch_idx: int) -> None:
        """Counts one batch of a validation epoch."""
        x, y = batch
        logits = self(x)
        self.loss_sum += torch.nn.functional.cross_entropy(logits, y, reduction="sum").item()
        self.correct += int((logits.argmax(dim=1) == y).sum())
        self.seen += len(y)

    def on_validation_epoch_end(self) -> None:
        """Logs the metrics of the epoch, and appends them to the history.

        "val_loss" is the mean cross-entropy of all samples of the epoch, "val_acc" the fraction of them whose
        class has the largest logit. Batches differ in size: a mean of their means is something else.
        """
        metrics = {"val_loss": self.loss_sum / self.seen, "val_acc": self.correct / self.seen}
        self.log_dict(metrics)
        self.history.append(metrics)

    def test_step(self, batch: Batch, batch_idx: int) -> None:
        """Logs "test_loss" and "test_acc", so that the Trainer reports them over all samples of the set."""
        x, y = batch
        logits = self(x)
        accuracy = (logits.argmax(dim=1) == y).float().mean()
        self.log("test_loss", torch.nn.functional.cross_entropy(logits, y), batch_size=len(y))
        self.log("test_acc", accuracy, batch_size=len(y))

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """Plain stochastic gradient descent, no momentum, with learning rate lr, on all parameters."""
        return torch.optim.SGD(self.parameters(), lr=self.lr)
