"""A classifier as a LightningModule: the parts of training that are yours, for a Trainer that does the rest.

Names and shapes, the same in all methods:
    N samples in a batch, D features, K classes;
    x (N, D), float32, are the samples; y (N,), int64, their classes, 0 to K - 1.
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
        raise NotImplementedError("__init__ is not written yet")

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Logits, (N, K), of x, (N, D): scores before softmax. No ReLU, no dropout behind the last layer."""
        raise NotImplementedError("forward is not written yet")

    def setup(self, stage: str) -> None:
        """Starts a run with an empty history. Called on every process, before anything else of the run.

        Args:
            stage: "fit", "validate" or "test".
        """
        raise NotImplementedError("setup is not written yet")

    def training_step(self, batch: Batch, batch_idx: int) -> torch.Tensor:
        """Mean cross-entropy of a batch, a tensor of shape () from which the Trainer can go backward.

        Finite for logits of any size.

        Source: Goodfellow et al., Deep Learning (2016), section 6.2.2.3.
        """
        raise NotImplementedError("training_step is not written yet")

    def on_validation_epoch_start(self) -> None:
        """Forgets what the last validation epoch has counted."""
        raise NotImplementedError("on_validation_epoch_start is not written yet")

    def validation_step(self, batch: Batch, batch_idx: int) -> None:
        """Counts one batch of a validation epoch."""
        raise NotImplementedError("validation_step is not written yet")

    def on_validation_epoch_end(self) -> None:
        """Logs the metrics of the epoch, and appends them to the history.

        "val_loss" is the mean cross-entropy of all samples of the epoch, "val_acc" the fraction of them whose
        class has the largest logit. Batches differ in size: a mean of their means is something else.
        """
        raise NotImplementedError("on_validation_epoch_end is not written yet")

    def test_step(self, batch: Batch, batch_idx: int) -> None:
        """Logs "test_loss" and "test_acc", so that the Trainer reports them over all samples of the set."""
        raise NotImplementedError("test_step is not written yet")

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """Plain stochastic gradient descent, no momentum, with learning rate lr, on all parameters."""
        raise NotImplementedError("configure_optimizers is not written yet")
