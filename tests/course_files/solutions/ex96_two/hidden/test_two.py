"""Hidden suite of ex96: each check goes through both files."""

import pytest

from grader.judge import assert_close

forward = pytest.mark.group("forward", points=10, en="forward", ko="순전파")
share = pytest.mark.group("share", points=10, en="share", ko="나누기")


@forward
@pytest.mark.title(en="forward of a number", ko="수의 순전파")
def test_number(submission, reference, rng):
    """A number."""
    x = float(rng.uniform(3, 9))
    assert_close(submission.forward(x=x), reference.forward(x=x), name="forward")


@share
@pytest.mark.title(en="share among several", ko="여럿이 나누기")
def test_share(submission, reference, rng):
    """A number."""
    x, n = float(rng.uniform(3, 9)), int(rng.integers(3, 9))
    assert_close(submission.share(x=x, n=n), reference.share(x=x, n=n), name="share")
