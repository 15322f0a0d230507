"""Hidden suite of ex06: fit on the training set, then transform anything with those statistics.

Each function is called on its own, with statistics that are right, so that one mistake costs one group where
that is possible. Features differ in place and spread (some stds are below 1, some above), and the rows to be
transformed come from elsewhere than the training set: whoever normalises them by themselves is found out.
"""

import numpy as np
import pytest

from grader.judge import assert_close, assert_curve, assert_shape, assert_speed, assert_unchanged, fail

TABLE = ("sample", "feature")
STATS = ("mean", "std")


def case(*values, id, en, ko):
    """One parametrized case with a readable id and its own title."""
    return pytest.param(*values, id=id, marks=pytest.mark.title(en=en, ko=ko))


def table(rng, n, d):
    """Random samples whose features lie far from zero and have spreads from 0.2 to 30."""
    places = rng.choice([-1, 1], d) * rng.uniform(2, 50, d)
    spreads = rng.permutation(np.geomspace(0.2, 30, d))
    return places + spreads * rng.standard_normal((n, d))


def statistics(rng, d):
    """A mean and a std for each of d features, as some training set may have had them."""
    return rng.choice([-1, 1], d) * rng.uniform(2, 50, d), rng.permutation(np.geomspace(0.2, 30, d))


def around(rng, stats, n):
    """n rows that are not like the training set: one to three stds above its mean."""
    mean, std = stats
    return mean + std * rng.uniform(1, 3, (n, len(mean)))


def two(got):
    """The mean and the std that a student returned; a message of its own if they are not two."""
    if not isinstance(got, (tuple, list)) or len(got) != 2:
        fail(
            en="fit_standardizer must return the tuple (mean, std).",
            ko="fit_standardizer는 튜플 (mean, std)를 반환해야 합니다.",
        )
    return got


stats_group = pytest.mark.group("stats", points=25, en="Mean and std", ko="평균과 표준편차")


@stats_group
@pytest.mark.parametrize("statistic", STATS)
@pytest.mark.parametrize(
    ("n", "d"),
    [
        case(
            6,
            3,
            id="tall",
            en="{statistic} of 6 samples with 3 features",
            ko="특성 3개, 표본 6개의 {statistic}",
        ),
        case(
            3,
            5,
            id="wide",
            en="{statistic} of 3 samples with 5 features",
            ko="특성 5개, 표본 3개의 {statistic}",
        ),
        case(
            4,
            4,
            id="square",
            en="{statistic} of 4 samples with 4 features",
            ko="특성 4개, 표본 4개의 {statistic}",
        ),
    ],
)
def test_stats(submission, reference, rng, n, d, statistic):
    """One of the two statistics, for each feature. Few samples: N and N - 1 are far apart."""
    X = table(rng, n, d)

    got = two(submission.fit_standardizer(X=X))

    i = STATS.index(statistic)
    assert_close(got[i], reference.fit_standardizer(X=X)[i], name=statistic, axes=("feature",))


@stats_group
@pytest.mark.title(en="Means some 100,000 times as large as the stds", ko="평균이 표준편차의 10만 배쯤일 때")
def test_stats_far(submission, reference, rng):
    """Digits that cancel are lost, if squares are subtracted from each other."""
    X = rng.uniform(1e5, 2e5, 4) + rng.permutation([0.25, 0.5, 1, 2]) * rng.standard_normal((7, 4))

    got = two(submission.fit_standardizer(X=X))

    want = reference.fit_standardizer(X=X)
    assert_close(tuple(got), want, name=STATS, axes=("feature",))


@stats_group
@pytest.mark.title(
    en="Features of a few millionths are not constant", ko="크기가 백만분의 몇인 특성도 상수가 아님"
)
def test_stats_small(submission, reference, rng):
    """A small std is a std: nothing is added to it, and it is not taken for 0."""
    X = 1e-6 * rng.uniform(2, 9, (7, 3))

    got = two(submission.fit_standardizer(X=X))

    assert_close(tuple(got), reference.fit_standardizer(X=X), name=STATS, axes=("feature",))


held_out = pytest.mark.group("test_set", points=25, en="Transforming the test set", ko="테스트 데이터의 변환")


@held_out
@pytest.mark.parametrize(
    ("n", "d"),
    [
        case(
            4,
            3,
            id="tall",
            en="A test set of 4 samples with 3 features",
            ko="특성 3개, 표본 4개인 테스트 데이터",
        ),
        case(
            2,
            5,
            id="wide",
            en="A test set of 2 samples with 5 features",
            ko="특성 5개, 표본 2개인 테스트 데이터",
        ),
        case(
            4,
            4,
            id="square",
            en="A test set of 4 samples with 4 features",
            ko="특성 4개, 표본 4개인 테스트 데이터",
        ),
    ],
)
def test_standardize(submission, reference, rng, n, d):
    """A test set, with the statistics of a training set of another size from elsewhere."""
    stats = reference.fit_standardizer(X=table(rng, 7, d))
    X = around(rng, stats, n)

    got = submission.standardize(X=X, stats=stats)

    assert_close(got, reference.standardize(X=X, stats=stats), name="Z", axes=TABLE)


@held_out
@pytest.mark.title(en="The training set itself", ko="학습 데이터 자신의 변환")
def test_training_set(submission, reference, rng):
    """With its own statistics."""
    X = table(rng, 6, 3)
    stats = reference.fit_standardizer(X=X)

    got = submission.standardize(X=X, stats=stats)

    assert_close(got, reference.standardize(X=X, stats=stats), name="Z", axes=TABLE)


@held_out
@pytest.mark.title(en="The same rows with the statistics of two towns", ko="같은 행을 두 도시의 통계로 변환")
def test_two_stats(submission, reference, rng):
    """The argument decides, whatever was fitted before."""
    X = table(rng, 5, 3)
    for town in ("A", "B"):
        stats = statistics(rng, 3)

        got = submission.standardize(X=X, stats=stats)

        assert_close(got, reference.standardize(X=X, stats=stats), name=f"Z, town {town}", axes=TABLE)


@held_out
@pytest.mark.title(en="z as a function of x, for one feature", ko="특성 하나에서 x에 대한 z")
def test_line(submission, reference, rng):
    """A straight line: 0 at the mean, with the slope 1/std."""
    mean, std = np.array([rng.uniform(3, 6)]), np.array([rng.uniform(2, 4)])
    X = np.sort(rng.uniform(mean - std, mean + 3 * std, (80, 1)), axis=0)

    got = submission.standardize(X=X, stats=(mean, std))

    assert_shape(got, X.shape, dtype="float64", name="Z")
    assert_curve(X[:, 0], got[:, 0], reference.standardize(X=X, stats=(mean, std))[:, 0], name="z")


@held_out
@pytest.mark.title(en="Features that are whole numbers", ko="정수인 특성")
def test_integers(submission, reference, rng):
    """The result is float64, nothing is rounded."""
    X = rng.integers(-20, 20, (4, 3))
    stats = statistics(rng, 3)

    got = submission.standardize(X=X, stats=stats)

    assert_close(got, reference.standardize(X=X, stats=stats), name="Z", axes=TABLE)


@held_out
@pytest.mark.title(
    en="standardize of 40,000 rows, at most 8 times our time",
    ko="4만 행의 standardize, 기준 풀이 시간의 8배 이내",
)
def test_speed(submission, reference, rng):
    """Right and not slow: a loop over the features is fine, one over the rows takes 23 times ours.

    Array operations take 1 to 1.5 times ours; all measured with the way across the wall.
    """
    # Many rounds, for a busy machine: it ends as soon as it holds.
    assert_speed(
        submission.standardize,
        reference.standardize,
        inputs=lambda: {"X": table(rng, 40_000, 2), "stats": statistics(rng, 2)},
        ratio=8,
        half=60,
        rounds=20,
    )


single = pytest.mark.group("single_row", points=15, en="A single row", ko="행 하나")


@single
@pytest.mark.parametrize(
    "d",
    [
        case(4, id="several", en="One row with 4 features", ko="특성 4개인 행 하나"),
        case(1, id="one_feature", en="One row with one feature", ko="특성 1개인 행 하나"),
    ],
)
def test_single_row(submission, reference, rng, d):
    """A single row has no spread of its own: only the statistics of the training set make sense."""
    stats = reference.fit_standardizer(X=table(rng, 7, d))
    X = around(rng, stats, 1)

    got = submission.standardize(X=X, stats=stats)

    assert_close(got, reference.standardize(X=X, stats=stats), name="Z", axes=TABLE)


@single
@pytest.mark.title(en="Rows that come in one after another", ko="하나씩 차례로 들어오는 행")
def test_row_by_row(submission, reference, rng):
    """As in use: a trained network sees one sample at a time."""
    stats = reference.fit_standardizer(X=table(rng, 7, 3))
    for i, row in enumerate(around(rng, stats, 4)):
        got = submission.standardize(X=row[None], stats=stats)

        assert_close(got, reference.standardize(X=row[None], stats=stats), name=f"Z of row {i}", axes=TABLE)


constant = pytest.mark.group("constant", points=15, en="A constant feature", ko="상수 특성")


def with_constants(rng, n, d, constants):
    """A table in which the features with these numbers are constant; multiples of 1/8, whose mean is exact."""
    X = table(rng, n, d)
    for feature, value in constants.items():
        X[:, feature] = value
    return X


def eighths(rng):
    """A random number between 2 and 9, positive or negative, a multiple of 1/8."""
    return float(rng.choice([-1, 1]) * rng.integers(16, 72) / 8)


@constant
@pytest.mark.parametrize(
    "zero",
    [
        case(False, id="value", en="std of a constant feature", ko="상수 특성의 std"),
        case(True, id="zeros", en="std of a feature that is always 0", ko="항상 0인 특성의 std"),
    ],
)
def test_constant_stats(submission, reference, rng, zero):
    """It is 1; the std of the other features is not looked at here."""
    feature = int(rng.integers(4))
    X = with_constants(rng, 6, 4, {feature: 0.0 if zero else eighths(rng)})

    mean, std = two(submission.fit_standardizer(X=X))

    want = reference.fit_standardizer(X=X)
    assert_close(mean, want[0], name="mean", axes=("feature",))
    assert_shape(std, (4,), dtype="float64", name="std")
    assert_close(std[feature], want[1][feature], name=f"std[{feature}]")


@constant
@pytest.mark.title(en="The features beside a constant one", ko="상수 특성 옆에 있는 다른 특성들")
def test_constant_neighbours(submission, reference, rng):
    """Their std is as ever, only that of the constant feature is replaced."""
    X = table(rng, 6, 4)
    feature = int(X.std(axis=0).argmax())  # so that a std below 1 remains
    X[:, feature] = eighths(rng)
    others = [i for i in range(4) if i != feature]

    _, std = two(submission.fit_standardizer(X=X))

    assert_shape(std, (4,), dtype="float64", name="std")
    assert_close(std[others], reference.fit_standardizer(X=X)[1][others], name=f"std[{others}]")


@constant
@pytest.mark.title(en="A training set in which everything is constant", ko="모든 특성이 상수인 학습 데이터")
def test_all_constant(submission, reference, rng):
    """Then every std is 1."""
    X = with_constants(rng, 5, 3, {feature: eighths(rng) for feature in range(3)})

    got = two(submission.fit_standardizer(X=X))

    assert_close(tuple(got), reference.fit_standardizer(X=X), name=STATS, axes=("feature",))


@constant
@pytest.mark.title(en="A training set of a single row", ko="행이 하나뿐인 학습 데이터")
def test_fit_single_row(submission, reference, rng):
    """The mean is that row, and every feature is constant."""
    X = table(rng, 1, 4)

    got = two(submission.fit_standardizer(X=X))

    assert_close(tuple(got), reference.fit_standardizer(X=X), name=STATS, axes=("feature",))


@constant
@pytest.mark.title(
    en="fit_standardizer, then standardize: what becomes of the constant feature",
    ko="fit_standardizer 다음에 standardize: 상수 특성은 어떻게 되는가",
)
def test_constant_standardized(submission, reference, rng):
    """It becomes 0, and how far it is from the constant in rows where it differs. Your own two functions."""
    feature, value = int(rng.integers(4)), eighths(rng)
    train = with_constants(rng, 6, 4, {feature: value})
    test = with_constants(rng, 5, 4, {feature: value})
    test[3:, feature] += [1.5, -2.25]

    stats = two(submission.fit_standardizer(X=train))
    got = submission.standardize(X=test, stats=tuple(stats))

    assert_shape(got, test.shape, dtype="float64", name="Z")
    want = reference.standardize(X=test, stats=reference.fit_standardizer(X=train))
    assert_close(got[:, feature], want[:, feature], name=f"Z[:, {feature}]", axes=("sample",))


inverse_group = pytest.mark.group("inverse", points=10, en="Back to the old units", ko="원래 단위로 되돌리기")


@inverse_group
@pytest.mark.parametrize(
    ("n", "d"),
    [
        case(5, 3, id="rows", en="inverse of 5 samples with 3 features", ko="특성 3개, 표본 5개의 inverse"),
        case(1, 4, id="one_row", en="inverse of one row with 4 features", ko="특성 4개인 행 하나의 inverse"),
    ],
)
def test_inverse(submission, reference, rng, n, d):
    """Any Z, also one that has neither mean 0 nor std 1."""
    stats = statistics(rng, d)
    Z = 1 + rng.standard_normal((n, d))

    got = submission.inverse(Z=Z, stats=stats)

    assert_close(got, reference.inverse(Z=Z, stats=stats), name="X", axes=TABLE)


@inverse_group
@pytest.mark.title(
    en="z = -1, 0 and 1 are mean - std, mean and mean + std",
    ko="z = -1, 0, 1은 각각 mean - std, mean, mean + std",
)
def test_inverse_landmarks(submission, reference, rng):
    """What standardised numbers stand for."""
    stats = statistics(rng, 3)
    Z = np.array([[-1.0], [0.0], [1.0]]) * np.ones(3)

    got = submission.inverse(Z=Z, stats=stats)

    assert_close(got, reference.inverse(Z=Z, stats=stats), name="X", axes=TABLE)


@inverse_group
@pytest.mark.title(en="inverse gives back what was standardised", ko="표준화한 데이터를 inverse로 되돌리기")
def test_round_trip(submission, reference, rng):
    """There and back, with a constant feature."""
    train = with_constants(rng, 6, 4, {2: eighths(rng)})
    stats = reference.fit_standardizer(X=train)
    X = around(rng, stats, 5)

    got = submission.inverse(Z=reference.standardize(X=X, stats=stats), stats=stats)

    assert_close(got, X, name="X", axes=TABLE)


untouched = pytest.mark.group("untouched", points=10, en="Inputs left alone", ko="바뀌지 않는 입력")


@untouched
@pytest.mark.title(en="fit_standardizer leaves X alone", ko="fit_standardizer는 X를 바꾸지 않음")
def test_fit_unchanged(submission, reference, rng):
    """The mean is right, and X is as it was."""
    X = table(rng, 5, 3)

    got = two(submission.fit_standardizer(X=X))

    assert_close(got[0], reference.fit_standardizer(X=X)[0], name="mean", axes=("feature",))
    assert_unchanged(submission)


@untouched
@pytest.mark.title(en="standardize leaves X and stats alone", ko="standardize는 X와 stats를 바꾸지 않음")
def test_standardize_unchanged(submission, reference, rng):
    """Z is right, and what went in is as it was."""
    stats = statistics(rng, 4)
    X = around(rng, stats, 3)

    got = submission.standardize(X=X, stats=stats)

    assert_close(got, reference.standardize(X=X, stats=stats), name="Z", axes=TABLE)
    assert_unchanged(submission)


@untouched
@pytest.mark.title(en="inverse leaves Z and stats alone", ko="inverse는 Z와 stats를 바꾸지 않음")
def test_inverse_unchanged(submission, reference, rng):
    """X is right, and what went in is as it was."""
    stats = statistics(rng, 4)
    Z = rng.standard_normal((3, 4))

    got = submission.inverse(Z=Z, stats=stats)

    assert_close(got, reference.inverse(Z=Z, stats=stats), name="X", axes=TABLE)
    assert_unchanged(submission)
