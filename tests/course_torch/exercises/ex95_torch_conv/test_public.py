"""Public checks of ex95."""

import numpy as np
import pytest

from grader.judge import assert_close, tensor


@pytest.mark.title(en="One window", ko="창 하나")
def test_one_window(submission):
    """1*1 + 2*0 + 3*0 + 4*2 + 0.5."""
    x = tensor(np.array([[[[1.0, 2.0], [3.0, 4.0]]]]))
    w = tensor(np.array([[[[1.0, 0.0], [0.0, 2.0]]]]))

    got = submission.conv2d(x=x, w=w, b=tensor([0.5]))

    assert_close(got, tensor([[[[9.5]]]]), name="y")
