"""Public checks of ex11: the examples of the task. They are worth no points and find only some mistakes."""

import numpy as np
import pytest

from grader.judge import assert_close, assert_shape

# The worked example of the task: four samples, one feature; eps = 4 makes the root a whole number.
X = np.array([[1.0], [3.0], [5.0], [7.0]])
X_HAT = np.array([[-1.0], [-1 / 3], [1 / 3], [1.0]])


def example_layer(submission):
    """The layer of the worked example."""
    layer = submission.BatchNorm1d(d=1, eps=4.0)
    layer.gamma = np.array([2.0])
    layer.beta = np.array([1.0])
    return layer


@pytest.mark.title(en="Mean 0 and standard deviation 1", ko="평균 0, 표준편차 1")
def test_mean_and_std(submission, rng):
    """The output of a large batch, whatever the mean and the spread of the input."""
    x = np.array([5.0, -2.0, 0.0]) + np.array([0.5, 1.0, 8.0]) * rng.standard_normal((200, 3))

    got = submission.BatchNorm1d(d=3).forward(x=x)

    assert_shape(got, (200, 3), dtype="float64", name="y")
    assert_close(got.mean(axis=0), np.zeros(3), name="mean of y", axes=("feature",), atol=1e-8)
    assert_close(got.std(axis=0), np.ones(3), name="standard deviation of y", axes=("feature",), atol=1e-3)


@pytest.mark.title(en="The worked example: training", ko="손으로 계산한 예: 학습")
def test_forward_by_hand(submission):
    """Four samples of one feature."""
    got = example_layer(submission).forward(x=X)

    assert_close(got, 2 * X_HAT + 1, name="y", axes=("sample", "feature"))


@pytest.mark.title(en="The worked example: running statistics", ko="손으로 계산한 예: running 통계")
def test_running_by_hand(submission):
    """A tenth of the batch's mean 4 and unbiased variance 20/3, nine tenths of what was there."""
    layer = example_layer(submission)
    layer.forward(x=X)

    assert_close(layer.running_mean, np.array([0.4]), name="running_mean")
    assert_close(layer.running_var, np.array([0.9 + 2 / 3]), name="running_var")


@pytest.mark.title(en="The worked example: evaluation of one sample", ko="손으로 계산한 예: 표본 하나의 평가")
def test_evaluation_by_hand(submission):
    """The running statistics of the step before normalise a batch of one."""
    layer = example_layer(submission)
    layer.forward(x=X)
    layer.training = False

    got = layer.forward(x=np.array([[4.0]]))

    y = 2 * (4 - 0.4) / np.sqrt(0.9 + 2 / 3 + 4) + 1
    assert_close(got, np.array([[y]]), name="y", axes=("sample", "feature"))


@pytest.mark.title(en="The worked example: gradients", ko="손으로 계산한 예: 기울기")
def test_backward_by_hand(submission):
    """Only the first sample feeds the loss, and yet three of the four dx are not zero."""
    layer = example_layer(submission)
    layer.forward(x=X)

    got = layer.backward(dy=np.array([[3.0], [0.0], [0.0], [0.0]]))

    dx = np.array([[1.0], [-2 / 3], [-1 / 3], [0.0]])
    assert_close(got, (dx, np.array([-3.0]), np.array([3.0])), name=("dx", "dgamma", "dbeta"))


@pytest.mark.title(en="The worked example: layer_norm", ko="손으로 계산한 예: layer_norm")
def test_layer_norm_by_hand(submission):
    """The same numbers as one sample of four features."""
    got = submission.layer_norm(x=X.T, gamma=np.ones(4), beta=np.zeros(4), eps=4.0)

    assert_close(got, X_HAT.T, name="y", axes=("sample", "feature"))
