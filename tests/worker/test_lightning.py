"""Lightning in a worker: the real Trainer runs behind the wall, and imports nothing there."""

from collections.abc import Iterator

import numpy as np
import pytest

from grader.core.course import Limits
from grader.judge import Tensor, tensor
from grader.judge.proxy import Far, Submission
from grader.judge.transport import Live, Pool
from grader.sandbox.linux import LinuxSandbox
from grader.sandbox.protocol import Config

LIMITS = Limits(call_s=20, check_s=60, import_s=20, total_s=200)
SOURCE = b"""
import importlib.util, os, sys
before = set(sys.modules)
import pytorch_lightning as pl
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

class Line(pl.LightningModule):
    def __init__(self):
        super().__init__()
        self.inner = nn.Linear(2, 3)
    def training_step(self, batch, index):
        x, y = batch
        return nn.functional.cross_entropy(self.inner(x), y)
    def validation_step(self, batch, index):
        self.log("loss", self.training_step(batch, index))
    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.1)

def fit(x, y, **more):
    loader = DataLoader(TensorDataset(x, y), batch_size=2)
    model = Line()
    quiet = dict(logger=False, enable_progress_bar=False, enable_model_summary=False)
    trainer = pl.Trainer(accelerator="cpu", devices=1, max_epochs=2, **quiet, **more)
    trainer.fit(model, loader, loader)
    return {"steps": trainer.global_step, "loss": trainer.callback_metrics["loss"], "files": os.listdir(".")}

def late():
    return sorted(set(sys.modules) - before)

def there(name):
    return importlib.util.find_spec(name) is not None
"""
GIVEN = {"x": tensor(np.ones((5, 2)), dtype="float32"), "y": tensor([0, 1, 2, 0, 1])}


@pytest.fixture(scope="module")
def far_side() -> Iterator[Submission]:
    """The source in a worker with Lightning."""
    pool = Pool(LinuxSandbox(Config(packages=("numpy", "torch", "lightning"), limits=LIMITS)), LIMITS)
    assert pool.versions["pytorch_lightning"]
    live = Live(pool, LIMITS, [("sub.py", SOURCE)], 1)
    live.begin()
    yield Submission(Far(live))
    live.close()
    pool.close()


def test_the_trainer_runs(far_side: Submission) -> None:
    """Two epochs of three batches, and nothing imported for it."""
    got = far_side.fit(**GIVEN, enable_checkpointing=False)

    assert (got["steps"], got["files"]) == (6, [])
    assert isinstance(got["loss"], Tensor)
    assert far_side.late() == []


def test_checkpoints_go_to_the_working_folder(far_side: Submission) -> None:
    """Which is writable, and gone with the worker."""
    assert far_side.fit(**GIVEN, default_root_dir="/home/student")["files"] == ["checkpoints"]


@pytest.mark.parametrize(
    ("name", "there"),
    [
        ("torchmetrics", True),
        ("lightning_fabric", True),
        ("yaml", True),
        ("aiohttp", False),
        ("pytest", False),
    ],
)
def test_what_it_needs_is_there_and_nothing_else(far_side: Submission, name: str, there: bool) -> None:
    """Distributions and modules have different names; extras are left out."""
    assert far_side.there(name) is there
