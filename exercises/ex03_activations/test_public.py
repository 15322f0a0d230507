"""Public checks of ex03: values at four places. They are worth no points and find only some mistakes."""

import numpy as np
import pytest

from grader.judge import assert_close

Z = np.array([-2.0, 0.0, 0.5, 3.0])

VALUES = {
    "sigmoid": [0.11920292202211755, 0.5, 0.6224593312018546, 0.9525741268224334],
    "dsigmoid": [0.1049935854035065, 0.25, 0.2350037122015945, 0.045176659730912],
    "tanh": [-0.9640275800758169, 0.0, 0.46211715726000974, 0.9950547536867305],
    "dtanh": [0.07065082485316443, 1.0, 0.7864477329659274, 0.009866037165440211],
    "relu": [0.0, 0.0, 0.5, 3.0],
    "drelu": [0.0, 0.0, 1.0, 1.0],
    "leaky_relu": [-0.02, 0.0, 0.5, 3.0],
    "dleaky_relu": [0.01, 0.01, 1.0, 1.0],
}


@pytest.mark.title(en="{function} at -2, 0, 0.5 and 3", ko="-2, 0, 0.5, 3에서의 {function}")
@pytest.mark.parametrize("function", VALUES)
def test_values(submission, function):
    """Each function at four places."""
    got = getattr(submission, function)(z=Z)

    assert_close(got, np.array(VALUES[function]), name=function)


@pytest.mark.title(en="softmax of two rows of scores", ko="점수 두 줄의 softmax")
def test_softmax(submission):
    """The worked example of the task, and equal scores."""
    got = submission.softmax(z=np.array([[0.0, 1.0, 2.0], [1.0, 1.0, 1.0]]))

    want = [[0.09003057317038046, 0.24472847105479764, 0.6652409557748218], [1 / 3, 1 / 3, 1 / 3]]
    assert_close(got, np.array(want), name="softmax")
