"""Public checks of ex05. They are worth no points: they show you whether you are on the way."""

import pytest

from grader.judge import assert_close


@pytest.mark.title(en="a * b + b, forward and backward", ko="a * b + b의 순전파와 역전파")
def test_product_and_sum(submission):
    """The worked example of the README: b is used twice."""
    a, b = submission.Value(2.0), submission.Value(-3.0)
    y = a * b + b
    y.backward()

    assert_close(y.data, -9.0, name="y.data")
    assert_close(a.grad, -3.0, name="a.grad")
    assert_close(b.grad, 3.0, name="b.grad")


@pytest.mark.title(en="tanh, forward and backward", ko="tanh의 순전파와 역전파")
def test_tanh(submission):
    """The derivative of tanh is 1 - tanh²."""
    x = submission.Value(0.5)
    y = x.tanh()
    y.backward()

    assert_close(y.data, 0.46211715726000974, name="y.data")
    assert_close(x.grad, 0.7864477329659274, name="x.grad")


@pytest.mark.title(en="Numbers on the left", ko="왼쪽에 있는 수")
def test_numbers(submission):
    """Python asks the Value when the number does not know what to do."""
    x = submission.Value(4.0)

    assert_close((1 + x).data, 5.0, name="1 + x")
    assert_close((1 - x).data, -3.0, name="1 - x")
    assert_close((3 * x).data, 12.0, name="3 * x")
    assert_close((2 / x).data, 0.5, name="2 / x")
