"""Hints open by attempt: what is read, and what is open when."""

from dataclasses import replace
from pathlib import Path

import pytest

from grader.core import course as courses
from grader.core.course import Exercise
from grader.core.hints import HINTS_FILE, opened, read
from grader.core.record import ExceptionEvidence, Outcome, Record
from grader.errors import CourseError
from tests import factories as make

EX90 = courses.load(Path(__file__).parent.parent / "course" / courses.COURSE_FILE).exercise("ex90")

STEPS = """
[[group.double]]
after = 1
en = "What is twice a number?"
ko = "어떤 수의 두 배는 무엇인가요?"

[[group.double]]
after = 3
en = "x + x"
ko = "x + x"

[[check."test_total_*"]]
after = 2
en = "Add them all."
ko = "모두 더하세요."
"""


@pytest.fixture
def exercise(tmp_path: Path) -> Exercise:
    """An exercise whose solutions are in a folder of its own."""
    return replace(EX90, solution_dir=tmp_path)


def record(double: Outcome = Outcome.FAILED, total: Outcome = Outcome.PASSED, **fields) -> Record:
    """One check in each of the two groups, and a public one that passed."""
    return make.record(
        [
            make.check("public/test_it", group="public", max_points=0.0),
            make.check("test_double", double, group="double", **fields),
            make.check("test_total_vector", total, group="total"),
        ]
    )


def shown(exercise: Exercise, now: Record, *earlier: Record) -> list[tuple[str, str | None, int, int]]:
    """What is open of the steps above."""
    assert exercise.solution_dir is not None
    (exercise.solution_dir / HINTS_FILE).write_text(STEPS)
    found = opened(read(exercise), now, earlier)
    return [(hint.group, hint.check, hint.step, hint.steps) for hint in found]


def test_a_step_opens_at_its_failed_attempt(exercise):
    """The first at once, the next not before the third; attempts that passed it do not count."""
    failed, passed = record(), record(Outcome.PASSED)

    assert shown(exercise, failed) == [("double", None, 1, 2)]
    assert shown(exercise, failed, failed, passed) == [("double", None, 1, 2)]
    assert shown(exercise, failed, failed, failed) == [("double", None, 1, 2), ("double", None, 2, 2)]


def test_what_passes_has_no_hint(exercise):
    """However often it failed before."""
    assert shown(exercise, record(Outcome.PASSED), *[record()] * 5) == []


def test_hints_for_checks_name_the_first_that_failed(exercise):
    """And stand in the order of the record's checks."""
    both = record(Outcome.FAILED, Outcome.CRASHED)

    assert shown(exercise, both, both) == [("double", None, 1, 2), ("total", "test_total_vector", 1, 1)]


def test_a_check_with_hints_of_its_own_opens_none_of_its_group(exercise):
    """What is slow says nothing about values."""
    slow = make.record(
        [
            make.check("test_double", group="double"),
            make.check("test_total_it", Outcome.FAILED, group="double"),
        ]
    )

    assert shown(exercise, slow, slow, slow) == [("double", "test_total_it", 1, 1)]


UNWRITTEN = [ExceptionEvidence(type="NotImplementedError", message="double is not written yet")]


@pytest.mark.parametrize(
    "untried",
    [
        record(Outcome.CRASHED, evidence=UNWRITTEN),
        record(Outcome.SKIPPED),
        make.record([make.check("test_double", Outcome.CRASHED, group="double")]),
    ],
    ids=["unwritten", "waits_for_another", "does_not_load"],
)
def test_what_was_not_tried_opens_nothing(exercise, untried):
    """Neither now nor later."""
    assert shown(exercise, untried) == []
    assert shown(exercise, record(), untried, untried) == [("double", None, 1, 2)]


def test_an_exercise_without_hints_has_none(exercise):
    """Nor has one whose solutions are not here."""
    assert read(exercise) == ()
    assert read(replace(exercise, solution_dir=None)) == ()


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ('ko = "x + x"', "", r"group.double, step 2.ko: expected a text, got None"),
        ('en = "x + x"', 'en = " "', r"step 2.en: expected a text, got ' '"),
        ("after = 3", "after = 1", "more failed attempts than 1"),
        ("after = 3", "after = 0", "a positive whole number"),
        ("after = 3", "when = 3", "unknown key 'when'"),
        ("[[group.double]]", "[[groups.double]]", "did you mean 'group'"),
        ('[[check."test_total_*"]]', '[check."test_total_*"]', r"each under \[\[check"),
        ("after = 2", "after = ", "not TOML"),
    ],
    ids=["no_korean", "blank", "not_rising", "zero", "unknown", "kind", "no_steps", "no_toml"],
)
def test_a_broken_file_says_where(exercise, old, new, expected):
    """With the file, the step and what was expected."""
    path = exercise.solution_dir / HINTS_FILE
    assert old in STEPS
    path.write_text(STEPS.replace(old, new))

    with pytest.raises(CourseError, match=expected) as caught:
        read(exercise)

    assert str(path) in str(caught.value)


def test_a_record_has_no_hint_about_what_passed(exercise):
    """It would contradict itself."""
    failed = record()
    (exercise.solution_dir / HINTS_FILE).write_text(STEPS)
    hints = opened(read(exercise), failed, ())

    with pytest.raises(ValueError, match="did not fail"):
        replace(record(Outcome.PASSED), hints=hints)
