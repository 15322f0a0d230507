"""Public checks of ex90."""

import numpy as np
import pytest

from grader.judge import assert_close


@pytest.mark.title(en="double of 1, 2, 3", ko="1, 2, 3의 double")
def test_double(submission):
    """Three numbers."""
    assert_close(submission.double(x=np.array([1.0, 2.0, 3.0])), np.array([2.0, 4.0, 6.0]), name="double")


@pytest.mark.title(en="total of 1, 2, 3", ko="1, 2, 3의 total")
def test_total(submission):
    """Three numbers."""
    assert_close(submission.total(x=np.array([1.0, 2.0, 3.0])), 6.0, name="total")
