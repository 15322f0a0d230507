"""Hidden suite of ex90: two functions, so that one can break while the other is judged."""

import pytest

from grader.judge import assert_close

double = pytest.mark.group("double", points=10, en="double", ko="두 배")
total = pytest.mark.group("total", points=10, en="total", ko="합계")


@double
@pytest.mark.title(en="double of a vector", ko="벡터의 double")
def test_double_vector(submission, reference, rng):
    """A vector."""
    x = rng.standard_normal(5)
    assert_close(submission.double(x=x), reference.double(x=x), name="double")


@double
@pytest.mark.title(en="double of a matrix", ko="행렬의 double")
def test_double_matrix(submission, reference, rng):
    """A matrix."""
    x = rng.standard_normal((2, 3))
    assert_close(submission.double(x=x), reference.double(x=x), name="double")


@total
@pytest.mark.title(en="total of a vector", ko="벡터의 total")
def test_total_vector(submission, reference, rng):
    """A vector."""
    x = rng.standard_normal(5)
    assert_close(submission.total(x=x), reference.total(x=x), name="total")


@total
@pytest.mark.title(en="total of a matrix", ko="행렬의 total")
def test_total_matrix(submission, reference, rng):
    """A matrix."""
    x = rng.standard_normal((2, 3))
    assert_close(submission.total(x=x), reference.total(x=x), name="total")
