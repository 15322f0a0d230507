"""Public checks of {{ number }}: the example of the task. They are worth no points."""

import numpy as np
import pytest

from grader.judge import assert_close


@pytest.mark.title(en="The worked example", ko="손으로 계산한 예")
def test_by_hand(submission):
    """The numbers of the task."""
    x = np.array([[1.0, 2.0]])
    w = np.array([[1.0, 0.0, 2.0], [3.0, -1.0, 1.0]])
    b = np.array([0.5, 0.0, -1.0])

    got = submission.affine(x=x, w=w, b=b)

    assert_close(got, np.array([[7.5, -2.0, 3.0]]), name="y", axes=("sample", "output"))
