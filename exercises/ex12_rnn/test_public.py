"""Public checks of ex12. They are worth no points: they show you whether you are on the way."""

import numpy as np
import pytest

from grader.judge import assert_close


@pytest.mark.title(en="One step from h0 = 0", ko="h0 = 0에서 한 단계")
def test_step(submission):
    """The first worked example of the README: z = (0.5, -1)."""
    got = submission.rnn_step(
        x=np.array([[1.0, 2.0]]),
        h_prev=np.zeros((1, 2)),
        Wx=np.array([[0.5, -1.0], [0.25, 0.5]]),
        Wh=np.array([[1.0, 0.0], [0.5, -1.0]]),
        b=np.array([-0.5, -1.0]),
    )

    assert_close(got, np.array([[0.46211715726000974, -0.7615941559557649]]), name="h")


@pytest.mark.title(en="Two steps with one unit", ko="유닛 하나로 두 단계")
def test_two_steps(submission):
    """The second worked example of the README: tanh(1), then tanh(0.5 tanh(1))."""
    got = submission.rnn_forward(
        x=np.array([[[1.0], [0.0]]]),
        h0=np.array([[0.0]]),
        Wx=np.array([[1.0]]),
        Wh=np.array([[0.5]]),
        b=np.array([0.0]),
    )

    assert_close(got, np.array([[[0.7615941559557649], [0.36339948438905245]]]), name="h")


@pytest.mark.title(en="One step backward", ko="한 단계의 역전파")
def test_step_backward(submission):
    """With h = 0.5 the derivative of tanh is 0.75."""
    got = submission.rnn_step_backward(
        dh=np.array([[2.0]]),
        x=np.array([[3.0]]),
        h_prev=np.array([[-1.0]]),
        h=np.array([[0.5]]),
        Wx=np.array([[4.0]]),
        Wh=np.array([[-2.0]]),
    )

    want = ([[6.0]], [[-3.0]], [[4.5]], [[-1.5]], [1.5])
    assert_close(
        got, tuple(np.array(gradient) for gradient in want), name=("dx", "dh_prev", "dWx", "dWh", "db")
    )


@pytest.mark.title(en="Two steps backward", ko="두 단계의 역전파")
def test_two_steps_backward(submission):
    """The third worked example of the README: the gradient of the last state only, h = 0.5 at both steps."""
    got = submission.rnn_backward(
        dh=np.array([[[0.0], [1.0]]]),
        x=np.array([[[1.0], [2.0]]]),
        h0=np.array([[0.0]]),
        h=np.array([[[0.5], [0.5]]]),
        Wx=np.array([[1.0]]),
        Wh=np.array([[2.0]]),
    )

    want = ([[[1.125], [0.75]]], [[2.25]], [[2.625]], [[0.375]], [1.875])
    assert_close(got, tuple(np.array(gradient) for gradient in want), name=("dx", "dh0", "dWx", "dWh", "db"))
