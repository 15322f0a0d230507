"""Public checks of {{ number }}: the example of the task. They are worth no points."""

import pytest

from grader.judge import assert_close, tensor


@pytest.mark.title(en="The worked example", ko="손으로 계산한 예")
def test_by_hand(submission, device):
    """The numbers of the task."""
    x = tensor([[1.0, 2.0]], dtype="float64", device=device)
    w = tensor([[1.0, 0.0, 2.0], [3.0, -1.0, 1.0]], dtype="float64", device=device)
    b = tensor([0.5, 0.0, -1.0], dtype="float64", device=device)

    got = submission.affine(x=x, w=w, b=b)

    want = tensor([[7.5, -2.0, 3.0]], dtype="float64", device=device)
    assert_close(got, want, name="y", axes=("sample", "output"))
