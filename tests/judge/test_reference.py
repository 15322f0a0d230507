"""The torch reference answers as the submission does, in float64 on the CPU, whatever it is given."""

import types

import numpy as np
import pytest

from grader.core.course import Limits
from grader.judge import Tensor, gradients, tensor
from grader.judge.reference import ReferenceFault, TorchReference

torch = pytest.importorskip("torch")

SOURCE = """
import torch
from torch import nn

SIZE = 3

def scale(x, by=2.0):
    assert x.device.type in ("cpu", "meta")
    return x * by

def count(x):
    return torch.tensor([x.numel()])

def wrong(x):
    raise ValueError("of the reference")

class Layer(nn.Module):
    def __init__(self, n):
        super().__init__()
        self.weight = nn.Parameter(torch.rand(n))

    def forward(self, x):
        return x * self.weight
"""


@pytest.fixture
def reference() -> TorchReference:
    """A reference of the test's own."""
    module = types.ModuleType("reference")
    exec(SOURCE, module.__dict__)
    return TorchReference(module, Limits(), 5)


@pytest.mark.parametrize("device", ["cpu", "cuda"])
@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float64"])
def test_the_answer_stands_for_what_went_in(reference: TorchReference, dtype: str, device: str) -> None:
    """Dtype and device of the input, numbers in float64. No CUDA is needed, nor opened."""
    got = reference.scale(x=tensor([0.5, 1.5], dtype=dtype, device=device), by=1 / 3)

    assert isinstance(got, Tensor)
    assert got.array is not None
    assert (got.dtype, got.device) == (dtype, device)
    assert got.array.tolist() == [0.5 / 3, 0.5]
    assert not torch.cuda.is_initialized()
    assert torch.get_default_dtype() is torch.float32


def test_whole_numbers_stay_what_they_are(reference: TorchReference) -> None:
    """Only floating-point results stand for another dtype."""
    assert reference.count(x=tensor([1.0], dtype="float32")).dtype == "int64"


def test_on_meta_it_runs_there(reference: TorchReference) -> None:
    """With the dtype that was sent."""
    got = reference.scale(x=tensor(np.ones(2), dtype="float16", device="meta"))

    assert (got.dtype, got.device, got.array) == ("float16", "meta", None)


def test_modules_and_gradients_as_of_a_submission(reference: TorchReference) -> None:
    """A handle, its parameters in float64, gradients by name."""
    layer = reference.Layer(reference.SIZE)
    layer.load_state_dict({"weight": tensor([1.0, 2.0, 3.0], dtype="float32")})

    x = tensor([1.0, 1.0, 1.0], dtype="float32")
    got = gradients(layer, {"x": x}, x)

    assert got.inputs["x"] is not None
    assert got.inputs["x"].array is not None
    assert got.inputs["x"].array.tolist() == [1.0, 2.0, 3.0]
    assert got.inputs["x"].dtype == "float32"
    assert list(got.parameters) == ["weight"]


def test_what_it_raises_is_the_suites_fault(reference: TorchReference) -> None:
    """It is no CheckFault, which would be the submission's."""
    with pytest.raises(ReferenceFault, match="of the reference"):
        reference.wrong(x=tensor([1.0]))


def test_an_object_of_the_other_side_is_refused(reference: TorchReference) -> None:
    """A handle means nothing but where it came from."""
    module = types.ModuleType("other")
    exec(SOURCE, module.__dict__)
    other = TorchReference(module, Limits(), 5)

    with pytest.raises(TypeError, match="of the other side"):
        reference.scale(x=other.Layer(3))
