"""Public checks of ex02: the examples of the task. They are worth no points and find only some mistakes."""

import numpy as np
import pytest

from grader.judge import assert_close, assert_equal

CORNERS = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
AND = np.array([0, 0, 0, 1])


@pytest.mark.title(en="The worked example: weighted_sum", ko="손으로 계산한 예: weighted_sum")
def test_weighted_sum(submission):
    """A bias and two inputs."""
    got = submission.weighted_sum(x=np.array([2.0, -1.0]), w=np.array([0.5, 1.0, 3.0]))

    assert_close(got, -0.5, name="weighted_sum")


@pytest.mark.title(en="AND, with weights that were found by hand", ko="손으로 찾은 가중치로 계산한 AND")
def test_and_by_hand(submission):
    """One of the many neurons that compute AND."""
    got = submission.predict(w=np.array([-1.5, 1.0, 1.0]), X=CORNERS)

    assert_close(got, AND, name="classes", axes=("sample",))


@pytest.mark.title(en="The worked example: two epochs of AND", ko="손으로 계산한 예: AND의 두 에폭")
def test_two_epochs(submission):
    """The table of the task."""
    got = submission.perceptron_fit(X=CORNERS, y=AND, lr=1.0, epochs=2)

    assert_close(got[0], np.array([-1.0, 2.0, 1.0]), name="w", axes=("weight",))
    assert_equal(got[1], 5, name="n_updates")


@pytest.mark.title(en="AND learnt from its four examples", ko="예 네 개로 배운 AND")
def test_and_learnt(submission):
    """Ten epochs are more than enough; the last five change nothing."""
    got = submission.perceptron_fit(X=CORNERS, y=AND)

    assert_close(got[0], np.array([-3.0, 2.0, 1.0]), name="w", axes=("weight",))
    assert_equal(got[1], 11, name="n_updates")
