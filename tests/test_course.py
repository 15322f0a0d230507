"""The course itself: every suite has earned trust, and every page is there."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from grader.core import course as courses
from grader.core import hints
from grader.core.course import Course, Exercise
from grader.engines.local import LocalEngine
from grader.judge import survivors
from grader.judge.audit import audit
from tests.states import seeded

ROOT = Path(__file__).parent.parent
OFTEN = ("ex03", "ex10")
COURSE = courses.load(ROOT / courses.COURSE_FILE)
TRAINS = ("ex14",)  # whose mutants train for ten minutes: by hand, `grade audit ex14 --mutants --jobs 2`
MUTATED = [exercise.number for exercise in COURSE.exercises.values() if exercise.number not in TRAINS]


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Course]:
    """The course, its state in a folder of the tests': every run draws the same inputs."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADE_STATE", str(seeded(tmp_path_factory.mktemp("state"))))
        yield courses.load(ROOT / courses.COURSE_FILE)


def _audits() -> Iterator[object]:
    """A few exercises under one seed; at length all under five, and thoroughly."""
    for exercise in COURSE.exercises.values():
        if exercise.number in OFTEN:
            yield pytest.param(exercise, 1, False, id=f"{exercise.number}-1")
        yield pytest.param(exercise, 5, False, id=f"{exercise.number}-5", marks=pytest.mark.slow)
        yield pytest.param(exercise, 5, True, id=f"{exercise.number}-5-thorough", marks=pytest.mark.slow)


@pytest.mark.parametrize(("exercise", "seeds", "thorough"), list(_audits()))
def test_the_suite_is_fair(course: Course, exercise: Exercise, seeds: int, thorough: bool) -> None:
    """Stub 0, reference and accepted full marks, each wrong solution caught and named, no constant passes."""
    with LocalEngine(course, exercise, jobs=2) as engine:
        result = audit(exercise, engine, seeds=seeds, thorough=thorough)

    assert result.findings == []


@pytest.mark.slow
@pytest.mark.parametrize("number", MUTATED)
def test_no_mutant_passes(course: Course, number: str) -> None:
    """The reference with a slip in it loses points, or is listed as equivalent with its reason."""
    exercise = survivors.hurried(course.exercise(number), 0.2)
    with LocalEngine(course, exercise, jobs=2, marks_only=True) as engine:
        result = survivors.audit(exercise, engine, survivors.plan(exercise))

    assert result.findings == []
    assert result.killed > 0


@pytest.mark.parametrize("exercise", COURSE.exercises.values(), ids=lambda e: e.number)
def test_every_group_has_a_hint(exercise: Exercise) -> None:
    """In English and in Korean that is Korean; none of them before the second attempt."""
    assert exercise.solution_dir is not None
    suite = "".join(path.read_text("utf-8") for path in exercise.solution_dir.glob("hidden/test_*.py"))
    steps = hints.read(exercise)

    groups = set(re.findall(r'mark\.group\(\s*"(\w+)"', suite))
    assert {step.about for step in steps if step.kind == "group"} == groups
    for step in steps:
        assert step.after >= 2
        assert re.search("[가-힣]", step.text.ko)
        assert not re.search("[가-힣]", step.text.en)


@pytest.mark.parametrize("exercise", COURSE.exercises.values(), ids=lambda e: e.number)
def test_the_task_is_told_in_both_languages(exercise: Exercise) -> None:
    """A page each, and the Korean one is Korean."""
    english = (exercise.public_dir / "README.md").read_text(encoding="utf-8")
    korean = (exercise.public_dir / "README.ko.md").read_text(encoding="utf-8")

    assert len(english) > 1500
    assert sum("가" <= letter <= "힣" for letter in korean) > 500
    for name in exercise.files:
        assert name in english
        assert name in korean
