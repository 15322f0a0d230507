"""Honest work is judged the same behind the wall and without one."""

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest

from grader.core import course as courses
from grader.core import record as records
from grader.core.course import Course, Exercise
from grader.core.record import Record
from grader.core.submission import SourceFile, Submission
from grader.engines.local import LocalEngine

ROOT = Path(__file__).parents[2]
COURSE = courses.load(ROOT / courses.COURSE_FILE)


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Course]:
    """The course, with state of its own: one secret for both levels."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADE_STATE", str(tmp_path_factory.mktemp("state")))
        yield courses.load(ROOT / courses.COURSE_FILE)


def honest(exercise: Exercise) -> Iterator[Submission]:
    """The reference and every accepted solution."""
    assert exercise.solution_dir is not None
    for path in [exercise.solution_dir / exercise.files[0], *exercise.solution_dir.glob("accepted/*.py")]:
        files = (SourceFile(name=exercise.files[0], data=path.read_bytes()),)
        yield Submission(
            student=path.stem, exercise=exercise.id, files=files, submitted_utc="2026-03-01T09:00:00Z"
        )


def judged(course: Course, exercise: Exercise, level: str) -> dict[str, Record]:
    """Records by student at one level."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADE_SANDBOX", level)
        with LocalEngine(course, exercise, jobs=2) as engine:
            return {handed.student: record for handed, record in engine.map(honest(exercise))}


def timeless(record: Record) -> bytes:
    """The record without what a clock says, and without the wall's own words."""
    checks = [dataclasses.replace(check, seconds=0.0) for check in record.checks]
    sandbox = records.SandboxReport(level="none", layers=[], warnings=[])
    return records.encode(dataclasses.replace(record, seconds=0.0, checks=checks, sandbox=sandbox))


@pytest.mark.slow
@pytest.mark.parametrize("exercise", COURSE.exercises.values(), ids=lambda e: e.number)
def test_honest_work_has_the_same_record_with_and_without_the_wall(
    course: Course, exercise: Exercise
) -> None:
    """Identical but for times and layers."""
    full, none = judged(course, exercise, "full"), judged(course, exercise, "none")

    assert len(full) >= 4
    for student, record in full.items():
        assert record.passed, student
        assert (record.sandbox.level, none[student].sandbox.level) == ("full", "none")
        assert timeless(record) == timeless(none[student]), student
