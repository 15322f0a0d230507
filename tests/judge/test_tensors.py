"""Tensors in suites: kind, shape, dtype, device, then numbers, each with a message of its own."""

from typing import Any

import numpy as np
import pytest

from grader.core.record import ArrayEvidence
from grader.judge import Gradients, Mismatch, Tensor, assert_close, assert_equal, assert_gradients, tensor
from grader.judge.tensors import assert_tensor

WANT = tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], dtype="float32")


def refusal(got: Any, want: Any, **options: Any) -> Mismatch:
    """How `assert_close` refuses `got`."""
    with pytest.raises(Mismatch) as caught:
        assert_close(got, want, **options)
    return caught.value


def numbers(one: Tensor) -> np.ndarray:
    """Its numbers."""
    assert one.array is not None
    return one.array


def test_equal_tensors_pass() -> None:
    """Up to rounding of their dtype, whether or not they want a gradient."""
    assert_close(tensor(numbers(WANT) * (1 + 1e-6), dtype="float32", requires_grad=True), WANT)
    assert_close(tensor(numbers(WANT) * 1.01, dtype="bfloat16"), tensor(numbers(WANT), dtype="bfloat16"))
    assert_close({"w": WANT}, {"w": WANT})
    assert_equal(WANT, WANT)


@pytest.mark.parametrize(
    ("got", "words"),
    [
        (np.ones((2, 3), np.float32), "expected a tensor of shape (2, 3), got an array"),
        (None, "Is a return missing?"),
        ([[1.0]], "Return a torch.Tensor"),
        (tensor(np.ones((3, 2)), dtype="float32"), "expected shape (2, 3), got (3, 2)"),
        (tensor(np.ones((2, 3))), "expected dtype float32, got float64"),
        (tensor(np.ones((2, 3)), dtype="float32", device="meta"), "expected a tensor on the device 'cpu'"),
        (tensor(np.ones((2, 3)), dtype="float32"), "5 of 6 entries are wrong"),
        (tensor(np.full((2, 3), np.nan), dtype="float32"), "6 are NaN"),
    ],
    ids=["array", "none", "list", "shape", "dtype", "device", "numbers", "nan"],
)
def test_other_answers_are_told_what_to_be(got: Any, words: str) -> None:
    """The first thing that is wrong, in both languages."""
    fault = refusal(got, WANT, name="y")

    assert words in fault.message.en
    assert fault.message.ko.startswith("y: ")
    assert fault.message.ko != fault.message.en


def test_a_tensor_where_an_array_is_asked() -> None:
    """The other way round."""
    assert "got a float32 tensor of shape (2, 3) on cpu" in refusal(WANT, np.ones((2, 3))).message.en
    assert "Return no tensor here" in refusal(WANT, np.ones((2, 3))).message.en
    assert "expected a number" in refusal(tensor(1.0), 1.0).message.en


def test_evidence_is_an_array_with_the_tensors_dtype() -> None:
    """A picture is drawn of it as of any other."""
    got = tensor(np.zeros((2, 3)), dtype="bfloat16")

    shown = refusal(got, tensor(numbers(WANT), dtype="bfloat16")).evidence

    assert [one.dtype for one in shown if isinstance(one, ArrayEvidence)] == ["bfloat16", "bfloat16"]


def test_on_meta_everything_but_numbers_is_compared() -> None:
    """There are none."""
    want = tensor(np.ones((2, 3)), dtype="float32", device="meta")

    assert_close(tensor(np.zeros((2, 3)), dtype="float32", device="meta"), want)
    assert "device 'meta'" in refusal(WANT, want).message.en


def test_numbers_may_be_known_better_than_the_dtype_says() -> None:
    """The reference's tensors stand for float32 and hold float64."""
    want = Tensor(numbers(WANT).astype(np.float64) + 1e-9, "float32", (2, 3), "cuda")

    assert_close(Tensor(numbers(WANT), "float32", (2, 3), "cuda"), want)


def grads(x: Tensor | None, w: Tensor | None, output: Tensor = WANT, **parameters: Tensor) -> Gradients:
    """Gradients of x and w."""
    return Gradients(output, {"x": x, "w": w}, parameters)


@pytest.mark.parametrize(
    ("got", "words"),
    [
        (grads(WANT, None), "'w' gets no gradient"),
        (grads(WANT, tensor([1.0], dtype="float32")), "gradient of w: 1 of 1 entries are wrong"),
        (grads(WANT, tensor([2.0], dtype="float32")), "'weight' is no registered parameter"),
        (grads(WANT, tensor([2.0], dtype="float32"), tensor([0.0])), "y: expected shape"),
    ],
    ids=["none", "value", "parameter", "output_first"],
)
def test_gradients_are_compared_one_by_one(got: Gradients, words: str) -> None:
    """The output first; a gradient that did not arrive is told as such."""
    want = grads(WANT, tensor([2.0], dtype="float32"), weight=WANT)
    with pytest.raises(Mismatch) as caught:
        assert_gradients(got, want, name="y")

    assert words in caught.value.message.en


def test_shape_dtype_device_and_gradient_alone() -> None:
    """For what is random."""
    weight = tensor(np.ones((2, 3)), dtype="float32", requires_grad=True)
    assert_tensor(weight, (2, 3), dtype="float32", requires_grad=True, device="cpu")

    for options in ({"shape": (3, 2)}, {"dtype": "float64"}, {"requires_grad": False}, {"device": "cuda"}):
        with pytest.raises(Mismatch):
            assert_tensor(weight, **{"shape": (2, 3), **options})  # type: ignore[arg-type]
    with pytest.raises(Mismatch, match="expected a tensor"):
        assert_tensor(np.ones((2, 3)), (2, 3))
    with pytest.raises(Mismatch, match="not finite"):
        assert_tensor(tensor([np.inf]), (1,))


def test_suites_send_only_what_crosses() -> None:
    """A dtype that torch has not, a gradient of whole numbers."""
    for make in (
        lambda: tensor(["a"]),
        lambda: tensor([1], requires_grad=True),
        lambda: tensor(1, device="tpu"),
    ):
        with pytest.raises(ValueError, match="tensor"):
            make()


def test_bfloat16_is_rounded_to_even() -> None:
    """As torch does."""
    got = tensor([1 + 2**-8, 1 + 3 * 2**-8, 1 + 2**-7, -0.0, np.inf, np.nan, 3e38], dtype="bfloat16")

    assert np.array_equal(numbers(got)[:5], np.array([1.0, 1 + 2**-6, 1 + 2**-7, -0.0, np.inf], np.float32))
    assert np.isnan(numbers(got)[5])
