"""Practice mode, which needs neither Linux nor a sandbox: run here as it is elsewhere."""

import dataclasses
from pathlib import Path

import pytest

from grader.core import course as courses
from grader.core.course import Course, Limits
from grader.core.record import Outcome, Record
from grader.core.submission import SourceFile, Submission
from grader.errors import CourseError
from grader.judge.practice import WARNING, practice

TINY = Path(__file__).parent.parent / "course"
RIGHT = (TINY / "solutions" / "ex90_double" / "double.py").read_text()


@pytest.fixture(scope="module")
def course() -> Course:
    """The tiny course."""
    return courses.load(TINY / courses.COURSE_FILE)


def run(course: Course, source: str) -> Record:
    """The record of a source in practice mode."""
    handed = Submission(
        student="s",
        exercise="ex90_double",
        files=(SourceFile(name="double.py", data=source.encode()),),
        submitted_utc="2026-03-01T09:00:00Z",
    )
    return practice(course, course.exercise("ex90"), handed, "en")


def test_right_work_passes(course: Course) -> None:
    """Public checks pass, and the record says how little that means."""
    record = run(course, RIGHT)

    assert record.passed
    assert record.sandbox.level == "none"
    assert record.sandbox.warnings == [WARNING]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("raise ValueError('no')", Outcome.CRASHED),
        ("return x", Outcome.FAILED),
        ("raise SystemExit", Outcome.CRASHED),
        ("import os; os._exit(0)", Outcome.CRASHED),
        ("\n    while True: pass", Outcome.TIMED_OUT),
    ],
    ids=["raises", "wrong", "sys_exit", "os_exit", "hangs"],
)
def test_one_function_costs_its_own_check(course: Course, body: str, expected: Outcome) -> None:
    """The other function is still judged, also where the first ended the process."""
    record = run(course, RIGHT.replace("return 2 * x", body))

    assert [check.outcome for check in record.checks] == [expected, Outcome.PASSED]


def test_a_file_that_does_not_parse_crashes_every_check(course: Course) -> None:
    """With the student's line."""
    record = run(course, "def double(:\n")

    assert {check.outcome for check in record.checks} == {Outcome.CRASHED}
    assert record.checks[0].traceback[0].line == 1


def test_prints_are_kept_apart(course: Course) -> None:
    """What the code prints is no line of ours."""
    record = run(course, RIGHT.replace("return 2 * x", 'print(\'{"type": "over"}\'); return 2 * x'))

    assert record.passed
    assert '{"type": "over"}' in record.stdout.text


def test_missing_checks_are_the_courses_error(course: Course, tmp_path: Path) -> None:
    """No public checks, nothing to practise."""
    exercise = dataclasses.replace(course.exercise("ex90"), public_dir=tmp_path, limits=Limits())
    empty = dataclasses.replace(course, root=tmp_path, exercises={exercise.id: exercise})
    (tmp_path / "exercises").mkdir()
    (tmp_path / "exercises" / "course.toml").write_text((TINY / courses.COURSE_FILE).read_text())

    handed = Submission(
        student="s",
        exercise="ex90_double",
        files=(SourceFile(name="double.py", data=RIGHT.encode()),),
        submitted_utc="2026-03-01T09:00:00Z",
    )
    with pytest.raises(CourseError, match="no checks"):
        practice(empty, exercise, handed, "en")
