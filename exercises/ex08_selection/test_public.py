"""Public checks of ex08. They are worth no points: they show you whether you are on the way."""

import numpy as np
import pytest

from grader.judge import assert_close, assert_equal, assert_shape, fail


@pytest.mark.title(en="100 rows make 60, 20 and 20", ko="100행은 60, 20, 20행으로")
def test_split(submission):
    """Sizes of the three sets, and nothing lost."""
    got = submission.split(n=100)

    if not isinstance(got, (tuple, list)) or len(got) != 3:
        fail(
            en="split must return the tuple (train, val, test).",
            ko="split의 반환값은 튜플 (train, val, test)여야 합니다.",
        )
    assert_equal([len(rows) for rows in got], [60, 20, 20], name="sizes")
    for name, rows in zip(("train", "val", "test"), got, strict=True):
        assert_shape(rows, (len(rows),), name=name)
    assert_equal(np.sort(np.concatenate(got)).tolist(), list(range(100)), name="rows")


@pytest.mark.title(en="Three powers of three numbers", ko="수 세 개의 거듭제곱 세 개")
def test_features(submission):
    """The columns x, x², x³."""
    got = submission.poly_features(x=np.array([-1.0, 2.0, 3.0]), d=3)

    assert_close(got, np.array([[-1.0, 1.0, -1.0], [2.0, 4.0, 8.0], [3.0, 9.0, 27.0]]), name="features")


@pytest.mark.title(en="The line of the worked example", ko="풀이 예제의 직선")
def test_fit(submission):
    """Two points, computed by hand in the README."""
    features = submission.poly_features(x=np.array([1.0, 3.0]), d=1)
    got = submission.fit(x=np.array([1.0, 3.0]), y=np.array([2.0, 6.0]), d=1, lam=2.0)

    assert_close(features, np.array([[1.0], [3.0]]), name="features")
    want = {"mean": np.array([2.0]), "std": np.array([1.0]), "theta": np.array([4.0, 1.0])}
    assert_close(got, want, name="model")


@pytest.mark.title(en="Prediction and error of the worked example", ko="풀이 예제의 예측과 오차")
def test_error(submission):
    """At x = 5 the line predicts 7; where 9 was right, J is 2."""
    model = {"mean": np.array([2.0]), "std": np.array([1.0]), "theta": np.array([4.0, 1.0])}

    h = submission.predict(model=model, x=np.array([5.0]))
    new = submission.error(model=model, x=np.array([5.0]), y=np.array([9.0]))
    training = submission.error(model=model, x=np.array([1.0, 3.0]), y=np.array([2.0, 6.0]))

    assert_close(h, np.array([7.0]), name="h")
    assert_close(new, 2.0, name="J at 5")
    assert_close(training, 0.5, name="J_train")


@pytest.mark.title(en="A parabola is of degree 2", ko="포물선은 2차")
def test_parabola(submission):
    """Points of x², without noise: a line cannot follow them, and more than degree 2 is not tried."""
    x = np.arange(-3.0, 6.0)
    rows = (np.array([0, 2, 4, 6, 8]), np.array([1, 5]), np.array([3, 7]))
    parts = {"xtr": x[rows[0]], "ytr": x[rows[0]] ** 2, "xval": x[rows[1]], "yval": x[rows[1]] ** 2}

    d = submission.select_degree(**parts, degrees=(1, 2), lam=0.01)
    report = submission.report(x=x, y=x**2, sets=rows, degrees=(1, 2), lam=0.01)

    assert_equal(d, 2, name="d")
    if not isinstance(report, dict) or set(report) != {"d", "train_err", "val_err", "test_err"}:
        fail(
            en="report must return a dict with the keys d, train_err, val_err and test_err.",
            ko="report의 반환값은 키가 d, train_err, val_err, test_err인 dict여야 합니다.",
        )
    assert_equal(report["d"], 2, name="d of the report")
