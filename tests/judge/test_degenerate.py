"""Degenerate answers made of a reference: what leaves the module is spoiled, what stays inside is right."""

import types
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from grader.judge.audit import HOW, degenerate

REFERENCE = '''
import numpy as np


def rows(x):
    """The rows of x one after the other."""
    for row in x:
        yield row


def total(x):
    return float(sum(float(row.sum()) for row in rows(x)))


def halves(x):
    return {"low": x[:1], "high": (x[1:], True)}


def clear(x) -> None:
    x[:] = 0


class Counter:
    def __init__(self, start):
        self.value = start
        self.again(start)

    def again(self, start):
        self.value = start
        return self

    def add(self, n) -> None:
        self.value += n

    def __add__(self, other):
        return Counter(self.value + other.value)
'''
X = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])


@pytest.fixture
def spoiled(tmp_path: Path) -> Any:
    """The module that answers in this way."""

    def spoiled(how: str) -> types.ModuleType:
        (tmp_path / "reference.py").write_text(REFERENCE)
        module = types.ModuleType("submission")
        exec(degenerate.source(tmp_path / "reference.py", how), module.__dict__)
        return module

    return spoiled


@pytest.mark.parametrize("how", HOW)
def test_no_answer_is_right(spoiled: Any, how: str) -> None:
    """Numbers, arrays, items of generators, members of tuples and dicts, attributes of objects."""
    module = spoiled(how)

    found = [
        (module.total(X), 21.0),
        (list(module.rows(X))[1], X[1]),
        (module.halves(X)["low"], X[:1]),
        (module.halves(X)["high"][0], X[1:]),
        ((module.Counter(2.0) + module.Counter(3.0)).value, 5.0),
    ]

    for got, want in found:
        same_kind = type(got) is type(want) and np.shape(got) == np.shape(want)
        assert not (same_kind and np.array_equal(got, want))


@pytest.mark.parametrize(
    ("how", "want"),
    [
        ("zero", np.zeros((1, 3))),
        ("one", np.ones((1, 3))),
        ("row", X[None, :1]),
        ("column", X[:1, :, None]),
        ("transposed", X[:1].T),
    ],
)
def test_arrays(spoiled: Any, how: str, want: np.ndarray) -> None:
    """Each way does what its name says."""
    got = spoiled(how).halves(X)["low"]

    assert got.shape == want.shape
    assert np.array_equal(got, want)


def test_inside_all_is_right(spoiled: Any) -> None:
    """`total` adds what `rows` gives to it, and only its own answer is reshaped."""
    assert spoiled("row").total(X).tolist() == [21.0]
    assert spoiled("list").total(X) == [21.0]
    assert spoiled("list").rows(X).__next__() == [1.0, 2.0, 3.0]


def test_who_answers_nothing_does_nothing(spoiled: Any) -> None:
    """A function that returns None leaves its inputs alone; a method's work is seen through attributes."""
    module = spoiled("row")
    x = X.copy()
    counter = module.Counter(2.0)

    module.clear(x)
    counter.add(3.0)

    assert np.array_equal(x, X)
    assert counter.value.tolist() == [5.0]
