"""Public checks of ex04. They are worth no points: they show you whether you are on the way."""

import numpy as np
import pytest

from grader.judge import assert_close, fail

XOR_X = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
XOR_Y = np.array([0.0, 1.0, 1.0, 0.0])


def example():
    """The worked example of the README: both samples have h = (0, 0.5) and p = 0.75."""
    return {
        "X": np.array([[1.0, 2.0], [0.0, 0.0]]),
        "y": np.array([0.0, 1.0]),
        "P": {
            "W1": np.array([[2.0, -1.0], [-1.0, 0.5]]),
            "b1": np.array([0.0, np.arctanh(0.5)]),
            "W2": np.array([[4.0], [2.0]]),
            "b2": np.array([np.log(3.0) - 1.0]),
        },
    }


@pytest.mark.title(en="One probability for each sample", ko="표본마다 확률 하나")
def test_shape(submission):
    """With all parameters zero the network knows nothing: p = 1/2, of shape (N,)."""
    parameters = {"W1": np.zeros((2, 3)), "b1": np.zeros(3), "W2": np.zeros((3, 1)), "b2": np.zeros(1)}

    got = submission.forward(X=XOR_X, P=parameters)

    assert_close(got, np.full(4, 0.5), name="p")


@pytest.mark.title(en="A network made by hand computes XOR", ko="손으로 만든 신경망이 XOR을 계산")
def test_xor_by_hand(submission):
    """The network of the README: unit 0 is OR, unit 1 is AND."""
    parameters = {
        "W1": np.array([[10.0, 10.0], [10.0, 10.0]]),
        "b1": np.array([-5.0, -15.0]),
        "W2": np.array([[3.0], [-3.0]]),
        "b2": np.array([-3.0]),
    }

    got = submission.forward(X=XOR_X, P=parameters)

    assert_close(got, np.array([0.047, 0.953, 0.953, 0.047]), name="p", rtol=0, atol=1e-3)


@pytest.mark.title(en="The loss of p = 1/2 is ln 2", ko="p = 1/2의 손실은 ln 2")
def test_loss(submission):
    """Four undecided predictions."""
    got = submission.bce_with_logits(z2=np.zeros(4), y=XOR_Y)

    assert_close(got, 0.6931471805599453, name="loss", rtol=1e-6)


GRADIENTS = {
    "W1": np.array([[1.5, 0.5625], [3.0, 1.125]]),
    "b1": np.array([1.0, 0.375]),
    "W2": np.array([[0.0], [0.125]]),
    "b2": np.array([0.25]),
}


@pytest.mark.title(en="Gradients of the worked example", ko="풀이 예제의 기울기")
def test_gradients(submission):
    """Two samples, computed by hand in the README."""
    got = submission.backward(**example())

    assert_close(got, GRADIENTS, name="gradient")


@pytest.mark.title(en="One step of the worked example", ko="풀이 예제의 한 단계")
def test_one_step(submission):
    """The loss before it, the gradients, and what a learning rate of 0.4 makes of them: b2 moves by -0.1."""
    given = example()

    loss = submission.bce_with_logits(z2=np.log([3.0, 3.0]), y=given["y"])
    gradients = submission.backward(**given)
    got = submission.train(**given, lr=0.4, steps=1)

    assert_close(loss, 0.8369882167858358, name="loss", rtol=1e-6)
    assert_close(gradients, GRADIENTS, name="gradient")
    if not isinstance(got, (tuple, list)) or len(got) != 2:
        fail(
            en="train must return the tuple (P, losses).", ko="train의 반환값은 튜플 (P, losses)여야 합니다."
        )
    want = {
        "W1": np.array([[1.4, -1.225], [-2.2, 0.05]]),
        "b1": np.array([-0.4, np.arctanh(0.5) - 0.15]),
        "W2": np.array([[4.0], [1.95]]),
        "b2": np.array([np.log(3.0) - 1.1]),
    }
    assert_close(got[0], want, name="P")
    assert_close(got[1], np.array([0.8369882167858358]), name="losses", rtol=1e-6)
