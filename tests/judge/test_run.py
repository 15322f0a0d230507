"""What a record says of a check that failed."""

from pathlib import Path

import numpy as np
import pytest

from grader.core.course import Limits
from grader.core.record import CallEvidence, Outcome, Text
from grader.core.submission import SourceFile, Submission
from grader.judge import Mismatch, modules, proxy
from grader.judge.run import Run
from grader.judge.transport import Loopback

BOX = """
class Box:
    def __init__(self, value):
        self.value = value
    def grow(self, by):
        self.value += by
def double(box):
    box.value *= 2
"""


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """A run over a module with a class."""
    (tmp_path / "box.py").write_text(BOX)
    live = Loopback(modules.load(tmp_path / "box.py", "box"), Limits())
    files = (SourceFile(name="box.py", data=BOX.encode()),)
    handed = Submission(student="s", exercise="ex", files=files, submitted_utc="2026-03-01T09:00:00Z")
    return Run(handed, live)  # type: ignore[arg-type]


def test_the_call_about_an_object_tells_what_was_done_to_it(run: Run) -> None:
    """`box.value` alone cannot be repeated; the steps before it can."""
    submission = proxy.Submission(run.far)
    box = submission.Box(1.0)
    box.value = 3.0
    box.grow(by=2)
    submission.double(box=box)
    value = box.value

    (call,) = run._of_call(run._origin(Mismatch(Text(en="wrong", ko="틀림"), got=value)))

    assert isinstance(call, CallEvidence)
    assert call.text == ("Box(1.0).value = 3.0; Box(1.0).grow(by=2); double(box=Box(1.0)); Box(1.0).value")


@pytest.mark.parametrize(
    ("type_name", "text", "expected"),
    [
        ("NotImplementedError", "double is not written yet", "not written yet"),
        ("SyntaxError", "expected ':' (a.py, line 3)", "not valid Python: expected ':'"),
        ("SystemExit", "0", "sys.exit"),
        ("ValueError", "no\nmore", "raised ValueError: no"),
    ],
)
def test_an_exception_is_told_in_words(type_name: str, text: str, expected: str) -> None:
    """The commonest ones have a sentence of their own, in both languages."""
    from grader.judge import StudentError

    error = StudentError(type_name, text)

    assert error.outcome is Outcome.CRASHED
    assert expected in error.message.en
    assert error.message.ko != error.message.en


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ((1, 2), "(1, 2)"),
        ((1,), "(1,)"),
        ([], "[]"),
        ([1, "a"], "[1, 'a']"),
        (list(range(7)), "[…]"),
        ({"w": np.ones((2, 2)), "b": np.array([0.5])}, "{'w': …, 'b': [0.5]}"),
        ({f"parameter_{i}": 1.0 for i in range(4)}, "{…}"),
        ([np.zeros((1000, 1000))], "[…]"),
        ("x" * 50, "…"),
    ],
)
def test_an_argument_is_shown_as_one_would_type_it(value: object, text: str) -> None:
    """If it is short; whole arrays are never written out."""
    assert proxy.show(value) == text


def test_short_arrays_of_every_kind_can_be_shown() -> None:
    """A label is written while a failure is told: it must not raise."""
    for array in (np.array([True, False]), np.arange(3), np.array([1.23456]), np.array([1j])):
        assert proxy.show(array).startswith("[")
