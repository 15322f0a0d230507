"""Hidden suite of {{ number }}. The points of its groups add up to those of course.toml."""

import pytest

from grader.judge import assert_close, assert_unchanged

values = pytest.mark.group("values", points=60, en="Values", ko="값")
single = pytest.mark.group("single", points=20, en="A single sample", ko="표본 하나")
float32 = pytest.mark.group("float32", points=20, en="float32 inputs", ko="float32 입력")


def draw(rng, n, d, m, dtype="float64"):
    """Inputs in multiples of 1/8, whose sums are exact in float32, too; no bias is 0.

    Sizes that all differ show swapped axes, and biases that are never 0 show a missing one under every seed.
    """
    return {
        "x": (rng.integers(-16, 17, (n, d)) / 8).astype(dtype),
        "w": (rng.integers(-16, 17, (d, m)) / 8).astype(dtype),
        "b": (rng.integers(1, 17, m) / 8).astype(dtype),
    }


@values
@pytest.mark.title(en="{n} samples, {d} inputs, {m} outputs", ko="표본 {n}개, 입력 {d}개, 출력 {m}개")
@pytest.mark.parametrize(("n", "d", "m"), [(4, 3, 2), (2, 3, 5)], ids=["fewer_outputs", "more_outputs"])
def test_values(submission, reference, rng, n, d, m):
    """Random inputs whose sizes all differ."""
    inputs = draw(rng, n, d, m)

    got = submission.affine(**inputs)

    assert_close(got, reference.affine(**inputs), name="y", axes=("sample", "output"))
    assert_unchanged(submission)


@single
@pytest.mark.title(en="One sample is a matrix of one row", ko="표본 하나는 행이 하나인 행렬")
def test_one_sample(submission, reference, rng):
    """The axis of the samples stays, of length 1."""
    inputs = draw(rng, 1, 4, 3)

    got = submission.affine(**inputs)

    assert_close(got, reference.affine(**inputs), name="y", axes=("sample", "output"))


@float32
@pytest.mark.title(en="float32 in, float32 out", ko="float32 입력은 float32 출력")
def test_float32(submission, reference, rng):
    """The dtype follows the inputs."""
    inputs = draw(rng, 3, 5, 2, dtype="float32")

    got = submission.affine(**inputs)

    assert_close(got, reference.affine(**inputs), name="y", axes=("sample", "output"))
