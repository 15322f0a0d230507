"""Oracles: what is right passes, and nothing else does, with a message that says why."""

import math
from typing import Any

import numpy as np
import pytest

from grader.core.record import ArrayEvidence, Outcome, SequenceEvidence
from grader.judge import (
    Mismatch,
    StudentError,
    assert_close,
    assert_curve,
    assert_equal,
    assert_gradient,
    assert_raises,
    assert_shape,
)

WANT = np.array([[1.0, -2.0, 3.0], [0.0, 5.0, 1e-3]])


def mismatch(got: Any, want: Any, **options: Any) -> Mismatch:
    """How `assert_close` refuses `got`."""
    with pytest.raises(Mismatch) as caught:
        assert_close(got, want, **options)
    return caught.value


@pytest.mark.parametrize(
    ("got", "want"),
    [
        (WANT.copy(), WANT),
        (WANT * (1 + 1e-12), WANT),
        (WANT + 4e-10, WANT),
        (np.array(2.0), 2.0),
        (2, 2.0),
        (2.0, np.float64(2.0)),
        (True, True),
        (np.array(True), True),
        (np.array([np.inf, 1.0]), np.array([np.inf, 1.0])),
        (np.zeros((0, 3)), np.zeros((0, 3))),
        ((1.0, WANT), (1.0, WANT)),
        ({"a": WANT}, {"a": WANT}),
        (np.arange(3), np.arange(3)),
    ],
    ids=[
        "equal", "rounding", "absolute", "0d_for_float", "int_for_float", "float", "bool", "0d_bool", "inf",
        "empty", "tuple", "dict", "ints",
    ],
)  # fmt: skip
def test_right_answers_pass(got: Any, want: Any) -> None:
    """What is equal up to rounding is right."""
    assert_close(got, want)


@pytest.mark.parametrize(
    "got",
    [
        None,
        WANT.tolist(),
        1.0,
        "1.0",
        np.float64(1.0),
        np.zeros_like(WANT),
        np.full_like(WANT, np.nan),
        np.full_like(WANT, np.inf),
        np.full_like(WANT, 1e308),
        WANT.T,
        WANT[None],
        WANT.reshape(-1),
        WANT.astype(np.float32),
        WANT.astype(np.int64),
        WANT + 1e-6,
        np.where(WANT == 5, np.nan, WANT),
        (WANT,),
        {"y": WANT},
        np.ones(1),
        np.zeros((0, 3)),
        b"",
    ],
    ids=[
        "none", "list", "float", "str", "0d", "zeros", "nan", "inf", "huge", "transposed", "extra_axis",
        "flat", "float32", "int", "off", "one_nan", "tuple", "dict", "one", "empty", "bytes",
    ],
)  # fmt: skip
def test_wrong_answers_fail(got: Any) -> None:
    """Wrong type, shape, dtype or values; nothing is broadcast, NaN equals nothing."""
    found = mismatch(got, WANT)

    assert found.outcome is Outcome.FAILED
    assert found.message.en
    assert found.message.ko


@pytest.mark.parametrize("got", [5.0, 1e308, -math.inf, math.nan], ids=["five", "huge", "-inf", "nan"])
def test_only_infinity_is_infinity(got: float) -> None:
    """A tolerance relative to an infinite entry lets nothing through, here or in the others."""
    mismatch(got, math.inf)
    mismatch(np.array([got, 2.0]), np.array([math.inf, 2.0]))
    mismatch(np.array([math.inf, 2.1]), np.array([math.inf, 2.0]))
    for dtype in (np.float16, np.float32):
        with np.errstate(over="ignore"):
            narrow = np.array([got, 2.0]).astype(dtype)
        if not np.array_equal(narrow, np.array([math.inf, 2.0], dtype)):  # 1e308 is infinite there
            mismatch(narrow, np.array([math.inf, 2.0], dtype))


@pytest.mark.parametrize(
    "got", [math.nan, np.ones(1), None, "2", [2.0], True, np.ones((1, 1)), 2.1, np.float32(2)]
)
def test_wrong_scalars_fail(got: Any) -> None:
    """An array of one entry is no number, and float32 is not float64."""
    mismatch(got if not isinstance(got, np.float32) else np.asarray(got), 2.0)


def test_a_tuple_is_compared_member_by_member() -> None:
    """The member that is wrong is named."""
    found = mismatch((WANT, WANT + 1), (WANT, WANT), name=("dx", "dw"))

    assert found.message.en.startswith("dw: ")


@pytest.mark.parametrize(
    "got", [[WANT, WANT], (WANT,), (WANT, WANT, WANT), WANT], ids=["list", "short", "long", "bare"]
)
def test_a_tuple_is_a_tuple_of_that_length(got: Any) -> None:
    """A list, or another number of members, is a mismatch."""
    mismatch(got, (WANT, WANT))


def test_the_worst_entry_is_named_and_marked() -> None:
    """The message says where and by how much; the evidence marks the entry."""
    got = WANT.copy()
    got[1, 2] = 9
    got[0, 0] = 1.5

    found = mismatch(got, WANT)

    assert "2 of 6 entries are wrong; the worst is at [1, 2]: expected 0.001, got 9" in found.message.en
    arrays = [e for e in found.evidence if isinstance(e, ArrayEvidence)]
    assert [(a.role, a.worst) for a in arrays] == [("expected", [1, 2]), ("got", [1, 2])]


def test_nan_is_the_worst_entry() -> None:
    """NaN is further off than any number."""
    got = WANT + 100
    got[0, 1] = np.nan

    assert "at [0, 1]" in mismatch(got, WANT).message.en


def test_none_asks_for_the_return() -> None:
    """The commonest slip has a hint."""
    assert "return" in mismatch(None, WANT).message.en


def test_a_list_is_told_to_be_an_array() -> None:
    """A list where an array was asked is a message, not a riddle."""
    assert "NumPy array" in mismatch(WANT.tolist(), WANT).message.en


def test_float32_has_its_own_tolerance() -> None:
    """Correct float32 work passes, float16 work does not."""
    rng = np.random.default_rng(0)
    a, b = rng.standard_normal((2, 50, 50)) * 10
    want = a @ b

    assert_close(a.astype(np.float32) @ b.astype(np.float32), want, dtype="float32")
    with pytest.raises(Mismatch):
        assert_close(want.astype(np.float32).astype(np.float16).astype(np.float32), want, dtype="float32")


def test_an_expected_nan_is_the_suites_error() -> None:
    """A reference that returns NaN cannot be met: that is no fault of the student's."""
    with pytest.raises(ValueError, match="NaN"):
        assert_close(WANT, np.full_like(WANT, np.nan))


def test_curves_carry_what_a_plot_needs() -> None:
    """A wrong function of one variable is shown as two curves."""
    x = np.linspace(-1, 1, 5)

    with pytest.raises(Mismatch) as caught:
        assert_curve(x, x**3, x**2, name="square")

    assert [(e.role, e.y[0]) for e in caught.value.evidence if isinstance(e, SequenceEvidence)] == [
        ("expected", 1.0),
        ("got", -1.0),
    ]


@pytest.mark.parametrize(
    ("got", "want"),
    [
        (4, 5),
        (4.0, 4),
        ("4", 4),
        (True, 1),
        ((1, 2), (1, 3)),
        ([1], (1,)),
        (None, 4),
        ({"a": 1}, {"a": 2}),
        ("a", "b"),
    ],
)
def test_assert_equal_is_exact(got: Any, want: Any) -> None:
    """Types count."""
    with pytest.raises(Mismatch):
        assert_equal(got, want)


@pytest.mark.parametrize(
    ("got", "want"), [(4, 4), ((1, "a"), (1, "a")), ({"a": 1.5}, {"a": 1.5}), (np.array(4), 4)]
)
def test_assert_equal_passes_what_is_equal(got: Any, want: Any) -> None:
    """A NumPy integer, which arrives without axes, is an int."""
    assert_equal(got, want)


def test_assert_shape_asks_for_finite_entries() -> None:
    """Shape, dtype and finiteness."""
    assert_shape(WANT, (2, 3), dtype="float64")
    for bad in (WANT.T, WANT.astype(np.float32), np.full((2, 3), np.nan), None, 3):
        with pytest.raises(Mismatch):
            assert_shape(bad, (2, 3), dtype="float64")


def test_assert_gradient_agrees_with_the_central_difference() -> None:
    """The true gradient passes, one that misses a factor does not, nor one of another shape."""
    at = np.array([0.3, -1.2, 2.0])

    def function(x: np.ndarray) -> float:
        return float((x**3).sum())

    assert_gradient(3 * at**2, function, at)
    for bad in (at**2, np.zeros(3), np.full(3, np.nan), 3 * at[:2] ** 2):
        with pytest.raises(Mismatch):
            assert_gradient(bad, function, at)


def test_a_huge_gradient_does_not_widen_its_own_tolerance() -> None:
    """The norm of 1e200 overflows to infinity, which is within no part of itself."""
    with pytest.raises(Mismatch):
        assert_gradient(np.full(3, 1e200), lambda x: float((x**2).sum()), np.arange(3.0))


def _raise(name: str) -> Any:
    raise StudentError(name, "text")


def test_assert_raises_wants_that_exception() -> None:
    """The right one passes; another one, or none, is a mismatch; an unwritten part stays a crash."""
    assert_raises("ValueError", _raise, "ValueError")
    with pytest.raises(Mismatch, match="TypeError"):
        assert_raises("ValueError", _raise, "TypeError")
    with pytest.raises(Mismatch, match="returned"):
        assert_raises("ValueError", lambda: 3)
    with pytest.raises(StudentError):
        assert_raises("ValueError", _raise, "NotImplementedError")
