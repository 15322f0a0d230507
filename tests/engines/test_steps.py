"""A check that earns a part of its points: from the suite to the record and what is shown of it."""

import io
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.console import Console

from grader.core import course as courses
from grader.core.messages import Ask
from grader.core.record import Outcome, Record, Text
from grader.core.submission import SourceFile, Submission
from grader.engines.local import LocalEngine
from grader.report.html import render
from grader.report.terminal import render_summary
from tests.states import seeded

ROOT = Path(__file__).parent.parent / "course"
SUITE = '''
"""Groups; in two of them a check that earns one half where `double` is the slow one."""

from fractions import Fraction

import pytest

from grader.core.record import Text
from grader.judge import Mismatch, assert_close, assert_speed

SLOW = Mismatch(Text(en="Right, but slow: 30 times.", ko="맞지만 느립니다. 30배."), share=Fraction(1, 2))


@pytest.mark.group("shared", points=12, en="Shared", ko="나눔")
def test_values(submission, reference):
    """Values."""
    assert_close(submission.double(x=1.5), reference.double(x=1.5))


@pytest.mark.group("shared", points=12, en="Shared", ko="나눔")
def test_steps(submission):
    """Half."""
    if submission.is_slow():
        raise SLOW


@pytest.mark.group("fast", points=2, en="Fast", ko="빠름")
def test_right(submission, reference):
    """Right."""
    assert_close(submission.double(x=2.5), reference.double(x=2.5))


@pytest.mark.group("fast", points=2, en="Fast", ko="빠름")
def test_fast(submission, reference):
    """Right and not slow."""
    assert_speed(submission.double, reference.double, inputs=lambda: {"x": 1.5}, ratio=1000)


@pytest.mark.group("whole", points=6, all_or_nothing=True, en="Whole", ko="전부")
def test_whole(submission):
    """Half of what is whole is nothing."""
    if submission.is_slow():
        raise SLOW


@pytest.mark.group("whole", points=6, all_or_nothing=True, en="Whole", ko="전부")
@pytest.mark.depends("test_steps")
def test_depends(submission):
    """It builds on a check that did not pass."""
'''


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalEngine]:
    """An engine for the suite above."""
    root = tmp_path_factory.mktemp("steps") / "course"
    shutil.copytree(ROOT, root, ignore=shutil.ignore_patterns("wrong", "__pycache__"))
    solution = root / "solutions" / "ex90_double"
    (solution / "hidden" / "test_double.py").write_text(SUITE)
    (solution / "double.py").write_text(source(slow=False))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADE_STATE", str(seeded(root.parent / "state")))
        course = courses.load(root / courses.COURSE_FILE)
        with LocalEngine(course, course.exercise("ex90")) as engine:
            yield engine


def source(*, slow: bool) -> str:
    """The reference, which says whether it is slow."""
    reference = (ROOT / "solutions" / "ex90_double" / "double.py").read_text()
    return f"{reference}\n\ndef is_slow():\n    return {slow}\n"


def handed(*, slow: bool) -> Submission:
    """A right solution."""
    files = (SourceFile(name="double.py", data=source(slow=slow).encode()),)
    return Submission(student="s1", exercise="ex90_double", files=files, submitted_utc="2026-03-01T09:00:00Z")


@pytest.fixture(scope="module")
def record(engine: LocalEngine) -> Record:
    """Of a right and slow solution."""
    return engine.judge(handed(slow=True))


def test_half_of_a_check_counts_and_is_no_pass(record: Record) -> None:
    """The check failed, its points lie between, and group and score add up."""
    steps = next(check for check in record.checks if check.id == "test_steps")

    assert (steps.outcome, steps.points, steps.max_points, steps.is_partial) == (
        Outcome.FAILED,
        3.0,
        6.0,
        True,
    )
    assert {group.name: group.points for group in record.groups} == {
        "public": 0,
        "shared": 9.0,
        "fast": 2.0,
        "whole": 0,
    }
    assert (record.score, record.passed) == (11.0, False)


def test_half_of_a_whole_is_nothing(record: Record) -> None:
    """In a group that counts as a whole a part earns nothing, nor does what depends on it."""
    ends = {check.id: (check.outcome, check.points) for check in record.checks}

    assert ends["test_whole"] == (Outcome.FAILED, 0.0)
    assert ends["test_depends"] == (Outcome.SKIPPED, 0.0)


def test_an_audit_without_speed_checks(engine: LocalEngine) -> None:
    """They are not run, and the others of their group share their points: full marks are full marks."""
    ready = engine.start()
    others = tuple(check for check in ready.checks if check not in ready.timed)

    ((_, record),) = engine.map([handed(slow=False)], ask=lambda _: Ask(checks=others))

    fast = {check.id: check for check in record.checks if check.group == "fast"}
    assert (fast["test_fast"].not_run, fast["test_fast"].max_points) == (True, 0.0)
    assert fast["test_right"].points == 2.0
    assert "test_fast" not in [check.id for check in record.ran]
    assert (record.score, record.max_score, record.passed) == (20.0, 20.0, True)


@pytest.mark.parametrize("language", ["en", "ko"])
def test_a_part_is_shown_as_one(record: Record, language: str) -> None:
    """Report and terminal say how much was earned, and do not call it wrong."""
    stream = io.StringIO()
    render_summary(record, Console(file=stream, width=100), language=language)
    page = render(record, title=Text(en="Double", ko="두 배"))

    words = {"en": "right in part: 3 of 6 points", "ko": "부분 인정: 6점 중 3점"}[language]
    assert words in stream.getvalue()
    assert words in page
