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
COURSES = {root: courses.load(root / courses.COURSE_FILE) for root in (ROOT, ROOT / "tests" / "course_torch")}
EXERCISES = [
    (root, exercise.number) for root, course in COURSES.items() for exercise in course.exercises.values()
]
THREADS = b"\nimport torch\n\ntorch.set_num_threads(2)\n"
UTC = "2026-03-01T09:00:00Z"


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """State of the tests' own: one secret for both levels."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADE_STATE", str(tmp_path_factory.mktemp("state")))
        yield


def honest(exercise: Exercise) -> Iterator[Submission]:
    """The reference and every accepted solution; with torch also one that uses two threads."""
    assert exercise.solution_dir is not None
    paths = [exercise.solution_dir / exercise.files[0], *exercise.solution_dir.glob("accepted/*.py")]
    sources = {path.stem: path.read_bytes() for path in paths}
    if "torch" in exercise.packages:
        sources["two_threads"] = paths[0].read_bytes() + THREADS
    for name, source in sources.items():
        files = (SourceFile(name=exercise.files[0], data=source),)
        yield Submission(student=name, exercise=exercise.id, files=files, submitted_utc=UTC)


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
@pytest.mark.parametrize(("root", "number"), EXERCISES)
def test_honest_work_has_the_same_record_either_way(state: None, root: Path, number: str) -> None:
    """Identical but for times and layers."""
    course = courses.load(root / courses.COURSE_FILE)
    exercise = course.exercise(number)

    full, none = judged(course, exercise, "full"), judged(course, exercise, "none")

    assert len(full) >= 4
    for student, record in full.items():
        assert record.passed, student
        assert (record.sandbox.level, none[student].sandbox.level) == ("full", "none")
        assert timeless(record) == timeless(none[student]), student
