"""Public checks of ex06: the examples of the task. They are worth no points and find only some mistakes."""

import numpy as np
import pytest

from grader.judge import assert_close, assert_equal, assert_shape

# The worked example of the task: area, rooms and lifts of four flats, and their rents.
TRAIN = np.array([[72.0, 2.0, 1.0], [96.0, 4.0, 1.0], [104.0, 2.0, 1.0], [128.0, 4.0, 1.0]])
RENT = np.array([310.0, 410.0, 390.0, 490.0])
STATS = (np.array([100.0, 3.0, 1.0]), np.array([20.0, 1.0, 1.0]))


@pytest.mark.title(en="The worked example: fit_standardizer", ko="손으로 계산한 예: fit_standardizer")
def test_fit_by_hand(submission):
    """Four flats; none has more or less than one lift."""
    got = submission.fit_standardizer(X=TRAIN)

    assert_close(got, STATS, name=("mean", "std"), axes=("feature",))


@pytest.mark.title(
    en="The worked example: standardize two new flats", ko="손으로 계산한 예: 새 집 두 채의 standardize"
)
def test_standardize_by_hand(submission):
    """With the statistics of the four."""
    got = submission.standardize(X=np.array([[110.0, 5.0, 1.0], [90.0, 3.0, 2.0]]), stats=STATS)

    assert_close(got, np.array([[0.5, 2.0, 0.0], [-0.5, 0.0, 1.0]]), name="Z", axes=("sample", "feature"))


@pytest.mark.title(en="The worked example: inverse", ko="손으로 계산한 예: inverse")
def test_inverse_by_hand(submission):
    """Back to square metres, rooms and lifts."""
    got = submission.inverse(Z=np.array([[0.5, 2.0, 0.0], [-0.5, 0.0, 1.0]]), stats=STATS)

    want = np.array([[110.0, 5.0, 1.0], [90.0, 3.0, 2.0]])
    assert_close(got, want, name="X", axes=("sample", "feature"))


@pytest.mark.title(en="A standardised table has mean 0 and std 1", ko="표준화한 표의 평균은 0, 표준편차는 1")
def test_mean_0_std_1(submission, rng):
    """Fit and transform the same random table: all columns become alike."""
    table = np.array([30.0, -4.0]) + np.array([9.0, 0.5]) * rng.standard_normal((50, 2))

    got = submission.standardize(X=table, stats=submission.fit_standardizer(X=table))

    assert_shape(got, (50, 2), dtype="float64", name="Z")
    assert_close(got.mean(axis=0), np.zeros(2), name="mean of Z", atol=1e-12)
    assert_close(got.std(axis=0), np.ones(2), name="std of Z")


@pytest.mark.title(
    en="Gradient descent: 7 steps where 500 were not enough",
    ko="경사하강법: 500걸음으로도 모자라던 것이 7걸음",
)
def test_convergence(submission):
    """What it is all for. The function that counts is given; yours prepare the data."""
    flats = TRAIN[:, :2]
    scaled = submission.standardize(X=flats, stats=submission.fit_standardizer(X=flats))

    raw = submission.steps_to_converge(X=flats, y=RENT, lr=1e-4, max_steps=500)
    standardised = submission.steps_to_converge(X=scaled, y=RENT, lr=0.5, max_steps=500)

    assert_equal(raw, 500, name="steps, as they are")
    assert_equal(standardised, 7, name="steps, standardised")
