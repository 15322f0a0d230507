"""Suites by hand: the submission in this process, for authors and their own code."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from grader.core import course as courses
from grader.core import seeds
from grader.core.course import Exercise
from grader.errors import CourseError
from grader.judge import modules, plugin
from grader.judge.layout import Layout
from grader.judge.proxy import Far, Probe, Reference, Submission
from grader.judge.transport import Quiet


class ByHand:
    """A `plugin.Host` that loads the file once an exercise and runs it here, unsandboxed."""

    device = "cpu"

    def __init__(self, file: str, seed: int) -> None:
        self._file = Path(file).absolute()
        self._seed = seed
        self._far: dict[str, Far] = {}
        self._check: pytest.Item | None = None
        self._references: dict[str, object] = {}

    def load(self, items: Iterable[pytest.Item]) -> None:
        """Load the file for these checks; raises pytest.UsageError where it does not load."""
        try:
            for item in items:
                self._module(_exercise_of(item))
        except CourseError as e:
            raise pytest.UsageError(f"--submission: {e}") from e

    def submission(self, item: pytest.Item) -> Submission:
        """The file, loaded into this process."""
        return Submission(self._begun(item))

    def probe(self, item: pytest.Item) -> Probe:
        """The exercise's probe, loaded into this process as well."""
        return Probe(self._begun(item))

    def _begun(self, item: pytest.Item) -> Far:
        exercise = _exercise_of(item)
        far = self._module(exercise)
        if self._check is not item:
            self._check = item
            far.begin()
        if "torch" in exercise.packages:
            far.seed = self.seed(item) % 2**62
        return far

    def _module(self, exercise: Exercise) -> Far:
        if exercise.id not in self._far:
            module = modules.load_files(_files(exercise, self._file), exercise.module)
            self._far[exercise.id] = Far(Quiet(module, exercise.limits, modules.load_probe(exercise)))
        return self._far[exercise.id]

    def reference(self, item: pytest.Item) -> Reference | Submission:
        """The reference's module."""
        exercise = _exercise_of(item)
        if exercise.id not in self._references:
            self._references[exercise.id] = load_reference(exercise)
        module: Any = self._references[exercise.id]
        if "torch" not in exercise.packages:
            return Reference(module)
        from grader.judge.reference import TorchReference

        return TorchReference(module, exercise.limits, self.seed(item))

    def seed(self, item: pytest.Item) -> int:
        """Seed of this check, of `--grade-seed`."""
        return seeds.seed(self._seed.to_bytes(16, "big"), "author", "", "", plugin.check_id(item))


def _files(exercise: Exercise, path: Path) -> dict[str, Path]:
    """The file by the name that the exercise gives it, with those of the exercise's that lie beside it."""
    folder = path if path.is_dir() else path.parent
    beside = {name: folder / name for name in exercise.names if (folder / name).is_file()}
    first = exercise.files[0]
    own = path / first if path.is_dir() else path
    return {first: own, **{name: one for name, one in beside.items() if name != first}}


def load_reference(exercise: Exercise) -> object:
    """The reference's module; raises CourseError where there is none."""
    layout = Layout.of(exercise)
    return modules.load_files(layout.files(layout.reference), f"reference_{exercise.module}")


def _exercise_of(item: pytest.Item) -> Exercise:
    course = courses.locate(item.path.parent)
    for part in item.path.parts[::-1]:
        if part in course.exercises:
            return course.exercises[part]
    raise CourseError(f"{str(item.path)!r} belongs to no exercise of {str(course.root)!r}")
