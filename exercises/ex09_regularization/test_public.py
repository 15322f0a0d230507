"""Public checks of ex09: the examples of the task. They are worth no points and find only some mistakes."""

import numpy as np
import pytest

from grader.judge import assert_close, assert_equal

X = np.array([[1.0, 0.0], [1.0, 1.0], [1.0, 2.0]])
Y = np.array([1.0, 2.0, 2.0])


@pytest.mark.title(en="J and g at θ = 0", ko="θ = 0에서의 J와 g")
def test_at_zero(submission):
    """Every prediction is 0: J = (1 + 4 + 4) / 6, whatever λ."""
    got = submission.ridge_cost_grad(theta=np.zeros(2), X=X, y=Y, lam=3.0)

    assert_close(got, (1.5, np.array([-5 / 3, -2.0])), name=("J", "g"))


@pytest.mark.title(
    en="The worked example: J and g at θ = (1, 2)", ko="손으로 계산한 예: θ = (1, 2)에서의 J와 g"
)
def test_by_hand(submission):
    """The task's first example: J = 22/6, g = (4/3, 13/3)."""
    got = submission.ridge_cost_grad(theta=np.array([1.0, 2.0]), X=X, y=Y, lam=3.0)

    assert_close(got, (22 / 6, np.array([4 / 3, 13 / 3])), name=("J", "g"))


@pytest.mark.title(en="The worked example: a learning curve", ko="손으로 계산한 예: 학습 곡선")
def test_learning_curve_by_hand(submission):
    """The task's model that is only a bias: the mean of what it has seen."""
    got = submission.learning_curve(
        Xtr=np.ones((3, 1)),
        ytr=np.array([1.0, 3.0, 2.0]),
        Xval=np.ones((2, 1)),
        yval=np.array([2.0, 4.0]),
        lam=5.0,
    )

    want = (np.array([0.0, 0.5, 1 / 3]), np.array([2.5, 1.0, 1.0]))
    assert_close(got, want, name=("train_err", "val_err"), atol=1e-12)


@pytest.mark.title(en="The worked example: the choice of λ", ko="손으로 계산한 예: λ 고르기")
def test_validation_curve_by_hand(submission):
    """The task's two examples: λ = 0 fits them exactly, λ = 2 predicts better."""
    got = submission.validation_curve(
        Xtr=np.array([[1.0, -1.0], [1.0, 1.0]]),
        ytr=np.array([0.0, 2.0]),
        Xval=np.array([[1.0, 2.0]]),
        yval=np.array([2.0]),
        lams=np.array([0.0, 2.0]),
    )

    want = (np.array([0.0, 0.125]), np.array([0.5, 0.0]), 2.0)
    assert_close(got, want, name=("train_err", "val_err", "best"), atol=1e-12)


@pytest.mark.title(en="Three models with the target 0.1", ko="목표가 0.1인 세 모델")
def test_diagnose(submission):
    """The task's table."""
    for train_err, val_err, want in [(0.30, 0.32, "bias"), (0.02, 0.40, "variance"), (0.05, 0.08, "ok")]:
        got = submission.diagnose(train_err=train_err, val_err=val_err, target=0.1)

        assert_equal(got, want, name=f"diagnose({train_err}, {val_err}, 0.1)")
