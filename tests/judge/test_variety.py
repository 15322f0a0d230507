"""The least that is asked of an answer."""

import numpy as np
import pytest

from grader.judge import Mismatch, assert_varies, tensor


@pytest.mark.parametrize(
    "got",
    [np.array([1.0, 2.0]), np.array([[0, 0, 1]]), tensor([[1.0], [2.0]])],
    ids=["floats", "integers", "tensor"],
)
def test_numbers_that_differ(got):
    """They are an answer, whether right or not."""
    assert_varies(got, name="y")


@pytest.mark.parametrize(
    "got",
    [
        np.zeros(3),
        np.full((2, 2), 7),
        np.array([1.0, np.nan]),
        np.zeros(0),
        [1.0, 2.0],
        3.0,
        None,
        tensor([1.0, 1.0]),
    ],
    ids=["zeros", "constant", "nan", "empty", "list", "number", "none", "tensor"],
)
def test_a_degenerate_answer(got):
    """It is refused, in both languages."""
    with pytest.raises(Mismatch) as caught:
        assert_varies(got, name="y")

    assert caught.value.message.en.startswith("y: ")
    assert caught.value.message.ko.startswith("y: ")
