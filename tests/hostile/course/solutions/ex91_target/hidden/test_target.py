"""Hidden suite of ex91: a group for each function, so that one is attacked while the others are judged."""

import numpy as np
import pytest

from grader.judge import assert_close, assert_equal, assert_speed, assert_unchanged

arrays = pytest.mark.group("arrays", points=30, en="double", ko="두 배")
numbers = pytest.mark.group("numbers", points=20, en="total", ko="합계")
speed = pytest.mark.group("speed", points=10, en="gram", ko="그람 행렬")
objects = pytest.mark.group("objects", points=20, en="Counter", ko="카운터")
callbacks = pytest.mark.group("callbacks", points=10, en="apply", ko="적용")


@arrays
@pytest.mark.title(en="double of a vector", ko="벡터의 double")
def test_double_vector(submission, reference, rng):
    """A vector."""
    x = rng.standard_normal(7)
    assert_close(submission.double(x=x), reference.double(x=x), name="double")


@arrays
@pytest.mark.title(en="double keeps float32, and its input", ko="double은 float32와 입력을 그대로 둔다")
def test_double_float32(submission, reference, rng):
    """A matrix in single precision, which stays as it was."""
    x = rng.standard_normal((3, 4)).astype(np.float32)
    assert_close(submission.double(x=x), reference.double(x=x), name="double")
    assert_unchanged(submission)


@arrays
@pytest.mark.title(en="double of a large matrix", ko="큰 행렬의 double")
def test_double_large(submission, reference, rng):
    """800 kB each way: more than a socket holds."""
    x = rng.standard_normal((100, 1000))
    assert_close(submission.double(x=x), reference.double(x=x), name="double")


@numbers
@pytest.mark.title(en="total of a vector", ko="벡터의 total")
def test_total_vector(submission, reference, rng):
    """A vector."""
    x = rng.standard_normal(5)
    assert_close(submission.total(x=x), reference.total(x=x), name="total")


@numbers
@pytest.mark.title(en="total of a matrix", ko="행렬의 total")
def test_total_matrix(submission, reference, rng):
    """A matrix."""
    x = rng.standard_normal((2, 3))
    assert_close(submission.total(x=x), reference.total(x=x), name="total")


@speed
@pytest.mark.title(en="gram is fast", ko="gram이 빠르다")
def test_gram_fast(submission, reference, rng):
    """90,000 products of rows: one by one takes 30 to 40 times as long as all at once, the way included."""
    assert_speed(
        submission.gram,
        reference.gram,
        inputs=lambda: {"x": rng.standard_normal((300, 300))},
        ratio=12,
        half=20,
    )


@objects
@pytest.mark.title(en="Counter counts", ko="Counter가 센다")
def test_counter_counts(submission, rng):
    """From one call to the next."""
    n, k = (int(i) for i in rng.integers(1, 1000, 2))
    counter = submission.Counter(n)
    assert_equal(counter.add(k), n + k, name="add")
    assert_equal(counter.add(1), n + k + 1, name="add")
    assert_equal(counter.n, n + k + 1, name="n")


@objects
@pytest.mark.title(en="sum of two Counters", ko="두 Counter의 합")
def test_counter_sum(submission, rng):
    """An operator, and an attribute of what it returns."""
    n, k = (int(i) for i in rng.integers(1, 1000, 2))
    assert_equal((submission.Counter(n) + submission.Counter(k)).n, n + k, name="n")


@callbacks
@pytest.mark.title(en="apply calls the function", ko="apply가 함수를 호출한다")
def test_apply(submission, rng):
    """A function that is on our side of the wall."""
    a, b = rng.standard_normal(2)
    x = rng.standard_normal(4)
    assert_close(submission.apply(f=lambda v: a * v + b, x=x), a * x + b, name="apply")
