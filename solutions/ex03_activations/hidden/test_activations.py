"""Hidden suite of ex03: activation functions, their derivatives, softmax.

Curves over [-6, 6] for what a function is, thousands for where exp overflows, and for each function one check
of the inputs that break careless code: integers, a single number, an empty array, an input to be left alone.
"""

import numpy as np
import pytest

from grader.judge import assert_close, assert_curve, assert_shape, assert_speed, assert_unchanged

FUNCTIONS = ["sigmoid", "tanh", "relu", "leaky_relu"]
DERIVATIVES = ["dsigmoid", "dtanh", "drelu", "dleaky_relu"]


def case(*values, id, en, ko):
    """One parametrized case with a readable id and its own title."""
    return pytest.param(*values, id=id, marks=pytest.mark.title(en=en, ko=ko))


def call(module, function, **inputs):
    """The function of that name of a module."""
    return getattr(module, function)(**inputs)


def grid(rng):
    """120 random places in [-6, 6], in order."""
    return np.sort(rng.uniform(-6, 6, 120))


values = pytest.mark.group("values", points=20, en="Values", ko="함숫값")


@values
@pytest.mark.title(en="{function} over [-6, 6]", ko="[-6, 6]에서의 {function}")
@pytest.mark.parametrize("function", FUNCTIONS)
def test_curve(submission, reference, rng, function):
    """The function's curve."""
    z = grid(rng)

    got = call(submission, function, z=z)

    assert_curve(z, got, call(reference, function, z=z), name=function)


@values
@pytest.mark.title(en="{function} of a three-dimensional array", ko="3차원 배열에 대한 {function}")
@pytest.mark.parametrize("function", FUNCTIONS)
def test_shape(submission, reference, rng, function):
    """Works on any shape."""
    z = 3 * rng.standard_normal((2, 3, 4))

    got = call(submission, function, z=z)

    assert_close(got, call(reference, function, z=z), name=function)


@values
@pytest.mark.title(en="leaky_relu with other slopes", ko="다른 기울기 alpha의 leaky_relu")
def test_alpha(submission, reference, rng):
    """alpha is used."""
    z = grid(rng)
    for alpha in (0.2, 0.5):
        got = submission.leaky_relu(z=z, alpha=alpha)

        assert_curve(z, got, reference.leaky_relu(z=z, alpha=alpha), name=f"leaky_relu, alpha={alpha}")


derivatives = pytest.mark.group("derivatives", points=30, en="Derivatives", ko="도함수")


@derivatives
@pytest.mark.title(en="{function} over [-6, 6]", ko="[-6, 6]에서의 {function}")
@pytest.mark.parametrize("function", DERIVATIVES)
def test_derivative_curve(submission, reference, rng, function):
    """The derivative's curve."""
    z = grid(rng)

    got = call(submission, function, z=z)

    assert_curve(z, got, call(reference, function, z=z), name=function)


@derivatives
@pytest.mark.title(en="{function} of a three-dimensional array", ko="3차원 배열에 대한 {function}")
@pytest.mark.parametrize("function", DERIVATIVES)
def test_derivative_shape(submission, reference, rng, function):
    """Works on any shape."""
    z = 3 * rng.standard_normal((2, 3, 4))

    got = call(submission, function, z=z)

    assert_close(got, call(reference, function, z=z), name=function)


@derivatives
@pytest.mark.title(en="{function} at 0", ko="0에서의 {function}")
@pytest.mark.parametrize("function", ["drelu", "dleaky_relu"])
def test_at_zero(submission, reference, rng, function):
    """The convention at the kink, and both sides of it."""
    z = np.array([-rng.random() - 0.1, 0.0, rng.random() + 0.1])

    got = call(submission, function, z=z)

    assert_close(got, call(reference, function, z=z), name=function)


@derivatives
@pytest.mark.title(en="dleaky_relu with other slopes", ko="다른 기울기 alpha의 dleaky_relu")
def test_derivative_alpha(submission, reference, rng):
    """alpha is used."""
    z = grid(rng)
    for alpha in (0.2, 0.5):
        got = submission.dleaky_relu(z=z, alpha=alpha)

        assert_curve(z, got, reference.dleaky_relu(z=z, alpha=alpha), name=f"dleaky_relu, alpha={alpha}")


extremes = pytest.mark.group("extremes", points=20, en="Very large and very small z", ko="아주 크거나 작은 z")


@extremes
@pytest.mark.title(en="{function} up to ±1000", ko="±1000까지의 {function}")
@pytest.mark.parametrize("function", ["sigmoid", "dsigmoid", "tanh", "dtanh"])
def test_extremes(submission, reference, rng, function):
    """Finite and right where exp alone overflows."""
    z = np.concatenate([[-1000.0, -750.0, -30.0], rng.standard_normal(3), [30.0, 750.0, 1000.0]])

    got = call(submission, function, z=z)

    assert_close(got, call(reference, function, z=z), name=function)


@extremes
@pytest.mark.parametrize(
    "rows",
    [
        case(
            [1000.0, -1000.0], id="large", en="softmax of scores around ±1000", ko="±1000 근처 점수의 softmax"
        ),
        case(
            [1000.0, 0.0, -1000.0],
            id="mixed",
            en="softmax of rows of very different size",
            ko="크기가 아주 다른 행들의 softmax",
        ),
    ],
)
def test_softmax_extremes(submission, reference, rng, rows):
    """Each row is shifted by its own maximum."""
    z = np.array(rows)[:, None] + rng.standard_normal((len(rows), 4))

    got = submission.softmax(z=z, axis=1)

    assert_close(got, reference.softmax(z=z, axis=1), name="softmax", axes=("row", "score"))


soft = pytest.mark.group("softmax", points=20, en="Softmax along an axis", ko="축을 따른 softmax")


@soft
@pytest.mark.title(en="softmax of the two scores z and 0", ko="두 점수 z와 0의 softmax")
def test_softmax_curve(submission, reference, rng):
    """With two scores it is the sigmoid of their difference."""
    z = grid(rng)
    scores = np.stack([z, np.zeros_like(z)], axis=1)

    got = submission.softmax(z=scores, axis=1)

    assert_shape(got, scores.shape, dtype="float64", name="softmax")
    assert_curve(z, got[:, 0], reference.softmax(z=scores, axis=1)[:, 0], name="softmax of (z, 0)")


@soft
@pytest.mark.parametrize(
    ("shape", "axis"),
    [
        case((5,), 0, id="vector", en="softmax of one row of scores", ko="점수 한 줄의 softmax"),
        case((3, 5), 1, id="rows", en="softmax along the rows, axis 1", ko="행을 따른 softmax, axis 1"),
        case((3, 5), 0, id="columns", en="softmax along the columns, axis 0", ko="열을 따른 softmax, axis 0"),
        case(
            (4, 4), 1, id="square", en="softmax of a square table, axis 1", ko="정사각형 표의 softmax, axis 1"
        ),
        case((2, 3, 4), 1, id="middle", en="softmax along a middle axis", ko="가운데 축을 따른 softmax"),
    ],
)
def test_softmax(submission, reference, rng, shape, axis):
    """Probabilities that add up to 1 along the axis."""
    z = 2 * rng.standard_normal(shape)

    got = submission.softmax(z=z, axis=axis)

    assert_close(got, reference.softmax(z=z, axis=axis), name="softmax")


@soft
@pytest.mark.title(en="softmax without axis uses the last one", ko="axis가 없으면 마지막 축의 softmax")
def test_softmax_default(submission, reference, rng):
    """The default is axis -1."""
    z = 2 * rng.standard_normal((2, 3, 4))

    got = submission.softmax(z=z)

    assert_close(got, reference.softmax(z=z), name="softmax")


@soft
@pytest.mark.title(
    en="softmax of 4000 rows, at most 6 times our time", ko="4000행의 softmax, 기준 풀이 시간의 6배 이내"
)
def test_speed(submission, reference, rng):
    """Right and not slow. Measured, the way across the wall included: a loop over the rows takes 16 times ours.

    Array operations take 1 to 2 times ours.
    """
    # Many rounds, for a busy machine: it ends as soon as it holds.
    assert_speed(
        submission.softmax,
        reference.softmax,
        inputs=lambda: {"z": rng.standard_normal((4000, 10)), "axis": 1},
        ratio=6,
        half=40,
        rounds=20,
    )


inputs = pytest.mark.group("inputs", points=10, en="All kinds of input", ko="여러 가지 입력")


@inputs
@pytest.mark.title(
    en="{function} of integers, of one number, of nothing; its input left alone",
    ko="{function}: 정수, 수 하나, 빈 배열, 바뀌지 않는 입력",
)
@pytest.mark.parametrize("function", [*FUNCTIONS, *DERIVATIVES])
def test_inputs(submission, reference, rng, function):
    """The result is float64 in the shape of z, whatever z is."""
    kinds = {
        "float array": rng.random(5) * [-1, 1, -1, 1, 1],
        "integers": rng.permutation([-3, -2, -1, 1, 2, 3]),
        "0-d array": np.array(rng.random() + 0.5),
        "empty array": np.zeros((0, 3)),
    }
    for kind, z in kinds.items():
        got = call(submission, function, z=z)

        assert_close(got, call(reference, function, z=z), name=f"{function} of {kind}")
    assert_unchanged(submission)


@inputs
@pytest.mark.title(
    en="softmax of integers and of no rows; its input left alone",
    ko="softmax: 정수, 행이 없는 배열, 바뀌지 않는 입력",
)
def test_softmax_inputs(submission, reference, rng):
    """The result is float64 in the shape of z; a table of no rows has no probabilities."""
    kinds = {
        "float array": rng.standard_normal((2, 3)),
        "integers": rng.permuted([[1, 2, 3, 4]] * 3, axis=1),
        "empty array": np.zeros((0, 3)),
    }
    for kind, z in kinds.items():
        got = submission.softmax(z=z, axis=1)

        assert_close(got, reference.softmax(z=z, axis=1), name=f"softmax of {kind}")
    assert_unchanged(submission)
