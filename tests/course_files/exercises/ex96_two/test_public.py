"""Public check of ex96."""

import pytest

from grader.judge import assert_close


@pytest.mark.title(en="double of 3", ko="3의 두 배")
def test_forward(submission):
    """By hand."""
    assert_close(submission.forward(x=3.0), 7.0, name="forward")
