"""Public checks of ex10: the examples of the task. They are worth no points and find only some mistakes."""

import numpy as np
import pytest

from grader.judge import assert_close, assert_equal

# The worked example of the task: one image, one channel, one kernel.
X = np.array([[[[1.0, 2.0, 0.0], [0.0, 1.0, 3.0], [2.0, 1.0, 1.0]]]])
W = np.array([[[[1.0, 0.0], [-1.0, 2.0]]]])
B = np.array([1.0])
DY = np.array([[[[1.0, 0.0], [2.0, -1.0]]]])

POOL_X = np.array(
    [[[[1.0, 3.0, 2.0, 0.0], [4.0, 2.0, 1.0, 5.0], [0.0, 1.0, 2.0, 2.0], [3.0, 1.0, 0.0, 1.0]]]]
)


@pytest.mark.title(
    en="Output size of a 3x3 kernel, without and with padding",
    ko="3x3 커널의 출력 크기, 패딩이 없을 때와 있을 때",
)
def test_output_size(submission):
    """A 6x6 image gives 4x4; one row of zeros on each side keeps 6x6."""
    assert_equal(submission.output_size(n=6, k=3), 4, name="output_size(6, 3)")
    assert_equal(submission.output_size(n=6, k=3, stride=1, pad=1), 6, name="output_size(6, 3, 1, 1)")


@pytest.mark.title(en="A vertical edge", ko="세로 경계 찾기")
def test_vertical_edge(submission):
    """A bright left half and a dark right half, seen by an edge detector."""
    x = np.zeros((1, 1, 6, 6))
    x[:, :, :, :3] = 10.0
    w = np.array([[[[1.0, 0.0, -1.0]] * 3]])

    got = submission.conv2d(x=x, w=w, b=np.zeros(1))

    assert_close(got, np.array([[[[0.0, 30.0, 30.0, 0.0]] * 4]]), name="y")


@pytest.mark.title(en="The worked example: conv2d", ko="손으로 계산한 예: conv2d")
def test_conv2d_by_hand(submission):
    """The task's 3x3 image and 2x2 kernel."""
    got = submission.conv2d(x=X, w=W, b=B)

    assert_close(got, np.array([[[[4.0, 8.0], [1.0, 3.0]]]]), name="y")


@pytest.mark.title(en="The worked example: conv2d_backward", ko="손으로 계산한 예: conv2d_backward")
def test_backward_by_hand(submission):
    """Its three gradients."""
    got = submission.conv2d_backward(dy=DY, x=X, w=W)

    dx = np.array([[[[1.0, 0.0, 0.0], [1.0, 1.0, 0.0], [-2.0, 5.0, -2.0]]]])
    dw = np.array([[[[0.0, 1.0], [3.0, 2.0]]]])
    db = np.array([2.0])
    assert_close(got, (dx, dw, db), name=("dx", "dw", "db"))


@pytest.mark.title(en="The worked example: max_pool2d", ko="손으로 계산한 예: max_pool2d")
def test_max_pool_by_hand(submission):
    """Four windows side by side."""
    got = submission.max_pool2d(x=POOL_X, k=2, stride=2)

    assert_close(got, np.array([[[[4.0, 5.0], [3.0, 2.0]]]]), name="y")


@pytest.mark.title(en="The worked example: max_pool2d_backward", ko="손으로 계산한 예: max_pool2d_backward")
def test_max_pool_backward_by_hand(submission):
    """The fourth window holds the maximum twice: the first one gets dy."""
    dy = np.array([[[[1.0, 2.0], [3.0, 4.0]]]])

    got = submission.max_pool2d_backward(dy=dy, x=POOL_X, k=2, stride=2)

    dx = np.zeros((1, 1, 4, 4))
    dx[0, 0, 1, 0], dx[0, 0, 1, 3], dx[0, 0, 3, 0], dx[0, 0, 2, 2] = 1.0, 2.0, 3.0, 4.0
    assert_close(got, dx, name="dx")
