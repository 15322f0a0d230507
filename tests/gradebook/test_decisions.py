"""What staff write: overrides, extensions, the roster; and the grades that follow, on both databases."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from grader.core.course import Course, load
from grader.core.policy import Extension, Late, Override, Policy
from grader.core.roster import Student
from grader.errors import InputError, SubmissionError
from grader.gradebook import decisions, ledger
from grader.gradebook.grades import Row, refuse_beyond_limit, rows
from tests.gradebook.factory import hand_in, submission

EX = "ex90_double"
WHY = {"author": "kim", "reason": "was ill"}


@pytest.fixture
def course() -> Course:
    """The tiny course: ex90 has 20 points."""
    course = load(Path(__file__).parents[1] / "course" / "exercises" / "course.toml")
    exercise = replace(course.exercises[EX], points=100, due_utc=datetime(2026, 3, 31, 14, 59, tzinfo=UTC))
    return replace(course, exercises={EX: exercise})


def with_policy(course: Course, **policy) -> Course:
    """The course with another policy."""
    return replace(course, exercises={EX: replace(course.exercises[EX], policy=Policy(**policy))})


def only_row(course: Course, book) -> Row:
    """The row of the one student."""
    (row,) = rows(course, ledger.read(book))
    return row


def test_grades(course, book):
    """Attempts of all students under the course's policy, by id."""
    hand_in(book, b"1", 40.0, exercise=EX, student="s002")
    hand_in(book, b"2", 90.0, exercise=EX, student="s002")
    hand_in(book, b"1", 70.0, exercise=EX)

    made = rows(course, ledger.read(book))

    assert [(row.student.id, row.grades[EX].points, row.total.points) for row in made] == [
        ("s001", 70.0, 70.0),
        ("s002", 90.0, 90.0),
    ]


def test_late(course, book):
    """Lateness hangs on the time of submission."""
    hand_in(book, score=80.0, exercise=EX, submitted_utc="2026-04-01T20:00:00Z")

    grade = only_row(with_policy(course, late=Late(per_day=10)), book).grades[EX]

    assert (grade.points, grade.days_late) == (64.0, 2)


def test_what_waits_to_be_graded_is_told(course, book):
    """A submission that the grader broke on is no score and no gap."""
    hand_in(book, score=None, exercise=EX)

    row = only_row(course, book)

    assert (row.grades[EX].points, row.not_graded) == (None, {EX})


def test_override(course, book):
    """The newest override stands; withdrawn, the attempts count again."""
    hand_in(book, score=40.0, exercise=EX)
    about = {"student": "s001", "exercise": EX, **WHY}

    decisions.override(book, what=Override(points=50.0), **about)
    decisions.override(book, what=Override(points=70.0), **about)

    assert only_row(course, book).grades[EX].points == 70.0

    decisions.override(book, what=Override(points=None), **about)

    assert only_row(course, book).grades[EX].excused

    decisions.override(book, what=None, **about)

    assert only_row(course, book).grades[EX].points == 40.0


def test_history(book):
    """Each decision is kept with author and reason, in order."""
    hand_in(book, exercise=EX)
    about = {"student": "s001", "exercise": EX}
    decisions.override(book, what=Override(points=50.0), author="kim", reason="  typo in\nthe task ", **about)
    decisions.extend(book, what=Extension(attempts=2), author="lee", reason="ill", **about)
    decisions.override(book, what=None, author="lee", reason="was none", **about)

    made = ledger.history(book, "s001")

    assert sorted((one.author, one.reason) for one in made) == [
        ("kim", "typo in the task"),
        ("lee", "ill"),
        ("lee", "was none"),
    ]


def test_extension(course, book):
    """More time and more attempts; the newest extension stands whole, an empty one withdraws."""
    course = with_policy(course, attempts=1, late=Late(per_day=10))
    hand_in(book, b"1", 40.0, exercise=EX, submitted_utc="2026-03-01T09:00:00Z")
    hand_in(book, b"2", 90.0, exercise=EX, submitted_utc="2026-04-01T09:00:00Z")
    about = {"student": "s001", "exercise": EX, **WHY}
    later = datetime(2026, 4, 5, tzinfo=UTC)

    decisions.extend(book, what=Extension(attempts=1), **about)

    assert only_row(course, book).grades[EX].points == 81.0

    decisions.extend(book, what=Extension(due_utc=later, attempts=1), **about)

    grade = only_row(course, book).grades[EX]
    assert (grade.points, grade.due_utc, grade.limit) == (90.0, later, 2)

    decisions.extend(book, what=Extension(), **about)

    assert only_row(course, book).grades[EX].points == 40.0


def test_nothing_to_withdraw(book):
    """Withdrawing what is not there is a mistake of whoever asks."""
    hand_in(book, exercise=EX)
    about = {"student": "s001", "exercise": EX, **WHY}

    with pytest.raises(InputError, match="has no override in ex90_double: nothing was withdrawn"):
        decisions.override(book, what=None, **about)
    with pytest.raises(InputError, match="has no extension in ex90_double"):
        decisions.extend(book, what=Extension(), **about)


def test_unknown_student(book):
    """A student whom the book does not know is asked after."""
    hand_in(book, student="kim.minsu")

    with pytest.raises(InputError, match=r"no student 'kim.minso'.* did you mean 'kim.minsu'\?"):
        decisions.override(book, student="kim.minso", exercise=EX, what=Override(points=1.0), **WHY)
    with pytest.raises(InputError, match="grade book roster FILE"):
        decisions.extend(book, student="zzz", exercise=EX, what=Extension(attempts=1), **WHY)


@pytest.mark.parametrize("reason", ["", "  ", "a\x00b", "x" * 1001, "\x1b[2J", "\ud800"])
def test_reasons(book, reason):
    """A decision has a reason that can be read."""
    hand_in(book)

    with pytest.raises(InputError, match="reason"):
        decisions.override(
            book, student="s001", exercise=EX, what=Override(points=1.0), author="kim", reason=reason
        )


def test_roster(course, book):
    """A roster adds students, and tells of those who are there; again, it changes what it says."""
    hand_in(book, exercise=EX)
    first = [Student(id="s001", name="김민수", email="m@x.kr", section="1"), Student(id="s002")]

    assert decisions.enrol(book, first) == 1
    assert decisions.enrol(book, [replace(first[0], section="2")]) == 0

    made = rows(course, ledger.read(book))
    kim = ledger.Student(id="s001", full_name="김민수", email="m@x.kr", section="2")
    assert [row.student for row in made] == [kim, ledger.Student(id="s002")]
    assert made[1].grades[EX].points is None


def test_attempts_left(course, book):
    """Beyond the limit a new file is refused before it is judged; a file that is an attempt is not."""
    exercise = with_policy(course, attempts=2).exercises[EX]
    for data in (b"1", b"2"):
        refuse_beyond_limit(book, exercise, submission(data, exercise=EX))
        hand_in(book, data, exercise=EX)

    refuse_beyond_limit(book, exercise, submission(b"1", exercise=EX))
    with pytest.raises(SubmissionError, match="all 2 are used, and this file was not graded"):
        refuse_beyond_limit(book, exercise, submission(b"3", exercise=EX))

    decisions.extend(book, student="s001", exercise=EX, what=Extension(attempts=1), **WHY)
    refuse_beyond_limit(book, exercise, submission(b"3", exercise=EX))
