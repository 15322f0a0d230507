"""What a class did with an exercise, read from a book on either database."""

from dataclasses import replace
from pathlib import Path

import pytest

from grader.core.course import Exercise, load
from grader.core.policy import Extension, Policy
from grader.errors import MachineError
from grader.gradebook import Gradebook, classwork, decisions
from grader.gradebook.schema import records
from tests.gradebook.factory import OTHER_SUITE, SUITE, hand_in, record, submission


@pytest.fixture
def exercise() -> Exercise:
    """ex10, the best attempt counting."""
    return load(Path(__file__).parents[2] / "exercises" / "course.toml").exercise("ex10")


def counted(book: Gradebook, exercise: Exercise) -> dict[str, tuple[int, float | None]]:
    """Attempt and score of each student's work."""
    return {w.student: (w.glance.attempt, w.glance.score) for w in classwork.read(book, exercise).works}


def three_attempts(book: Gradebook, student: str) -> None:
    """40, 90 and 60 points, an hour apart."""
    for hour, score in enumerate([40.0, 90.0, 60.0]):
        hand_in(
            book, f"x = {hour}".encode(), score, student=student, submitted_utc=f"2026-03-01T0{hour}:00:00Z"
        )


@pytest.mark.parametrize(
    ("policy", "attempt"),
    [
        (Policy(counts="best"), (2, 90.0)),
        (Policy(counts="last"), (3, 60.0)),
        (Policy(counts="mean"), (3, 60.0)),
        (Policy(counts="best", attempts=1), (1, 40.0)),
    ],
    ids=["best", "last", "mean", "limit"],
)
def test_the_policy_says_which_attempt_counts(book, exercise, policy, attempt):
    """One record a student, that of the attempt to look at; all attempts are known."""
    three_attempts(book, "s1")
    hand_in(book, b"y = 1", 100.0, student="s2")
    hand_in(book, b"z = 1", 10.0, student="s1", exercise="ex11_normalization")

    assert counted(book, replace(exercise, policy=policy)) == {"s1": attempt, "s2": (1, 100.0)}
    assert classwork.read(book, exercise).works[0].shares == (0.4, 0.9, 0.6)


def test_an_extension_counts(book, exercise):
    """A student who was given another attempt is looked at by it."""
    three_attempts(book, "s1")
    limited = replace(exercise, policy=Policy(counts="best", attempts=1))
    decisions.extend(
        book, student="s1", exercise=exercise.id, what=Extension(attempts=1), author="jane", reason="ill"
    )

    assert counted(book, limited) == {"s1": (2, 90.0)}


def test_who_is_missing(book, exercise):
    """Who waits to be graded is told with the reason, and who handed nothing in."""
    hand_in(book, b"a = 1", 50.0, student="done")
    waiting = submission(b"b = 1", student="waits")
    book.record(waiting, record(waiting, score=None))
    hand_in(book, b"c = 1", 50.0, student="elsewhere", exercise="ex11_normalization")

    found = classwork.read(book, exercise)

    assert [work.student for work in found.works] == ["done"]
    assert [(one.student, one.why.en) for one in found.waiting] == [("waits", "the worker did not start")]
    assert found.absent == ("elsewhere",)


def test_the_record_that_stands_is_read(book, exercise):
    """After a suite was mended the newer record counts; each suite gives an example, the newest last."""
    hand_in(book, b"a = 1", 50.0, student="s1", suite=SUITE)
    hand_in(book, b"b = 1", 60.0, student="s2", suite=SUITE)
    hand_in(book, b"b = 1", 70.0, student="s2", suite=OTHER_SUITE)

    found = classwork.read(book, exercise)

    assert counted(book, exercise) == {"s1": (1, 50.0), "s2": (1, 70.0)}
    assert [example.digests.suite for example in found.examples] == [SUITE, OTHER_SUITE]


@pytest.mark.slow
def test_more_than_a_query_may_name(book, exercise):
    """A class larger than the databases' bound on values is read whole and in order."""
    for n in range(1103):
        hand_in(book, f"x = {n}".encode(), float(n % 101), student=f"s{n:04d}")

    found = classwork.read(book, exercise).works

    assert [work.student for work in found] == [f"s{n:04d}" for n in range(1103)]
    assert [work.glance.score for work in found] == [float(n % 101) for n in range(1103)]


def test_an_empty_book(book, exercise):
    """Nobody and nothing."""
    found = classwork.read(book, exercise)

    assert (found.works, found.waiting, found.absent, found.examples) == ((), (), (), ())


def test_a_damaged_record_is_said(book, exercise):
    """What is no record ends in one line that says what to do."""
    hand_in(book, b"a = 1", 50.0)
    with book.database.writing() as connection:
        connection.execute(records.update().values(record='{"student": 1}'))

    with pytest.raises(MachineError, match=r"damaged.*restore the book"):
        classwork.read(book, exercise)
