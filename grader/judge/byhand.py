"""Suites by hand: the submission in this process, for authors and their own code.

`pytest solutions/ex10_convolution --submission FILE` and `grade try` judge nothing: what the submission
raises is shown with its own lines, `breakpoint()` works in it, in the suite and in the reference, and
`--pdb` stops where it was raised. Nothing is walled, timed or stopped.
"""

import bdb
import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import os
import sys
import traceback
import types
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import pytest

from grader.core import course as courses
from grader.core import notebook, seeds
from grader.core.course import Exercise
from grader.errors import CourseError
from grader.judge import modules, plugin
from grader.judge.faults import CheckFault
from grader.judge.layout import Layout
from grader.judge.pacemaker import Pacemaker
from grader.judge.proxy import CallLabel, Far, Probe, Reference, Submission
from grader.judge.transport import Loopback, Quiet
from grader.worker import serve

__tracebackhide__ = True

_QUITS: Final = (KeyboardInterrupt, bdb.BdbQuit, pytest.exit.Exception)
"""How a debugger ends: no answer of the code that it stood in."""

_OURS: Final = (f"{Path(__file__).parent.parent}{os.sep}", str(importlib.__file__), "<frozen importlib")
"""Begins of the names of files whose frames are no news for authors."""

Draw = Callable[[str], int]
"""Seed of a check, by its id."""


def numbered(number: int) -> Draw:
    """Seeds of `--grade-seed` and of `grade try --seed`: other inputs for each number."""
    return lambda check: seeds.seed(number.to_bytes(16, "big"), "author", "", "", check)


class ByHand:
    """A `plugin.Host` that loads the files once an exercise and runs them here, unsandboxed."""

    def __init__(
        self, files: Sequence[Path], draw: Draw, *, device: str = "cpu", exercise: Exercise | None = None
    ) -> None:
        """`exercise`: which one the files are of; None for that of each check's folder."""
        self.device = device
        self._files = [file.absolute() for file in files]
        self._draw = draw
        self._given = exercise
        self._exercises: dict[Path, Exercise] = {}
        self._far: dict[str, Far] = {}
        self._check: pytest.Item | None = None
        self._references: dict[str, types.ModuleType] = {}

    def load(self, items: Iterable[pytest.Item]) -> None:
        """Look for the files that these checks are about; raises pytest.UsageError if one is not there."""
        try:
            for exercise in {exercise.id: exercise for exercise in map(self._exercise_of, items)}.values():
                for path in self._paths(exercise).values():
                    if path.suffix == notebook.SUFFIX:
                        raise pytest.UsageError("--submission takes .py files: export the notebook")
                    if not path.is_file():
                        raise pytest.UsageError(f"--submission: no file {str(path)!r}")
        except CourseError as e:
            raise pytest.UsageError(f"--submission: {e}") from e

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """What was raised without our own frames, for the report and for `--pdb`."""
        if call.excinfo is not None and (entries := in_sight(call.excinfo.value)) is not None:
            error = call.excinfo.value.with_traceback(entries)
            call.excinfo = pytest.ExceptionInfo.from_exception(error)
        return (yield)

    def submission(self, item: pytest.Item) -> Submission:
        """The file, loaded into this process; whatever it raises there is raised, and ends the run."""
        return Submission(self._begun(item))

    def probe(self, item: pytest.Item) -> Probe:
        """The exercise's probe, loaded into this process as well."""
        return Probe(self._begun(item))

    def reference(self, item: pytest.Item) -> Reference | Submission:
        """The reference's module."""
        exercise = self._exercise_of(item)
        module = self._reference(exercise)
        if "torch" not in exercise.packages:
            return Reference(module)
        from grader.judge.reference import TorchReference

        return TorchReference(module, exercise.limits, self.seed(item), session=InSight)

    def _reference(self, exercise: Exercise) -> types.ModuleType:
        if exercise.id not in self._references:
            self._references[exercise.id] = load_reference(exercise)
        return self._references[exercise.id]

    def seed(self, item: pytest.Item) -> int:
        """Seed of this check."""
        return self._draw(plugin.check_id(item))

    def _begun(self, item: pytest.Item) -> Far:
        exercise = self._exercise_of(item)
        try:
            far = self._module(exercise)
        except BaseException as e:
            # It is the same for every check: one of them tells.
            item.session.shouldfail = f"{self._files[0].name} cannot be loaded"
            if isinstance(e, SyntaxError):  # it has no frame but ours and pytest's
                text = "".join(traceback.format_exception_only(e))
                raise pytest.fail.Exception(text, pytrace=False) from None
            raise
        if self._check is not item:
            self._check = item
            far.begin()
        if "torch" in exercise.packages:
            far.seed = self.seed(item) % 2**62
        return far

    def _module(self, exercise: Exercise) -> Far:
        if exercise.id not in self._far:
            probe = modules.load_probe(exercise)
            serve.seed_all(self._draw("worker") % 2**63)  # as the worker does
            module = _load(self._paths(exercise))
            on_cpu = self.device == "cpu"
            far = _Far(Quiet(module, exercise.limits, probe, on_cpu=on_cpu, session=InSight))
            if exercise.solution_dir is not None:
                far.pacemaker = self._pacemaker(exercise)
            self._far[exercise.id] = far
        return self._far[exercise.id]

    def _pacemaker(self, exercise: Exercise) -> Pacemaker:
        """The reference by the way that the submission has here."""

        def reference() -> types.ModuleType:
            return self._reference(exercise)

        on_cpu = self.device == "cpu"
        return Pacemaker(reference, lambda: Quiet(reference(), exercise.limits, on_cpu=on_cpu))

    def _paths(self, exercise: Exercise) -> dict[str, Path]:
        """Where each of the exercise's files is; a single one may have any name, others lie beside it."""
        first, *others = self._files
        if not others:
            return _files(exercise, first)
        by_name = {path.name: path for path in self._files}
        return {name: by_name[name] for name in exercise.names if name in by_name}

    def _exercise_of(self, item: pytest.Item) -> Exercise:
        if self._given is not None:
            return self._given
        if item.path not in self._exercises:
            self._exercises[item.path] = _exercise_at(item.path)
        return self._exercises[item.path]


def _files(exercise: Exercise, path: Path) -> dict[str, Path]:
    """The file by the name that the exercise gives it, with those of the exercise's that lie beside it."""
    folder = path if path.is_dir() else path.parent
    beside = {name: folder / name for name in exercise.names if (folder / name).is_file()}
    first = exercise.files[0]
    own = path / first if path.is_dir() else path
    return {first: own, **{name: one for name, one in beside.items() if name != first}}


def load_reference(exercise: Exercise) -> types.ModuleType:
    """The reference's module; raises CourseError where there is none."""
    layout = Layout.of(exercise)
    return modules.load_files(layout.files(layout.reference), f"reference_{exercise.module}")


class _Files(importlib.abc.MetaPathFinder):
    """Finds the submission's modules at their paths, so that debuggers and tracebacks show their lines."""

    def __init__(self, paths: Mapping[str, Path]) -> None:
        self.paths = {name.removesuffix(".py"): path for name, path in paths.items()}

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: types.ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """A spec for one of the files, None for any other module."""
        if fullname not in self.paths:
            return None
        loader = _Source(fullname, str(self.paths[fullname]))
        return importlib.util.spec_from_file_location(fullname, loader.path, loader=loader)


class _Source(importlib.machinery.SourceFileLoader):
    """Compiles the file as it is now: no byte code beside it, neither read nor written."""

    def get_code(self, fullname: str) -> types.CodeType:
        """The file's code."""
        code: types.CodeType = self.source_to_code(self.get_data(self.path), self.path)
        return code


def _load(paths: Mapping[str, Path]) -> types.ModuleType:
    """The first file as a module; it may import the others by name."""
    finder = _Files(paths)
    for name in finder.paths:
        sys.modules.pop(name, None)
    sys.meta_path.insert(0, finder)
    return importlib.import_module(next(iter(finder.paths)))


def _exercise_at(path: Path) -> Exercise:
    """The exercise whose folder holds the suite at `path`; raises CourseError."""
    course = courses.locate(path.parent)
    for part in path.parts[::-1]:
        if part in course.exercises:
            return course.exercises[part]
    raise CourseError(f"{str(path)!r} belongs to no exercise of {str(course.root)!r}")


def in_sight(error: BaseException) -> types.TracebackType | None:
    """The traceback of `error` without the grader's own frames: what the author wrote, and libraries."""
    entries = []
    entry = error.__traceback__
    while entry is not None:
        if not entry.tb_frame.f_code.co_filename.startswith(_OURS):
            entries.append(entry)
        entry = entry.tb_next
    kept: types.TracebackType | None = None
    for entry in reversed(entries):
        kept = types.TracebackType(kept, entry.tb_frame, entry.tb_lasti, entry.tb_lineno)
    return kept


class InSight(serve.Session):
    """Answers as in a worker, and keeps what was raised with its traceback.

    Quitting a debugger is no answer: it ends the run.
    """

    raised: BaseException | None = None

    def answer(self, kind: int, call: int, meta: memoryview, buffers: memoryview) -> bytes:
        """The reply to one frame."""
        self.raised = None
        reply = super().answer(kind, call, meta, buffers)
        if isinstance(self.raised, _QUITS):
            raise self.raised
        return reply

    def run(self, operation: tuple[Any, ...]) -> Any:
        """Carry out one operation."""
        try:
            return super().run(operation)
        except BaseException as e:
            self.raised = e
            raise


class _Far(Far):
    """A conversation whose faults lead into the code that raised them."""

    def ask(self, operation: tuple[Any, ...], function: str, label: "str | CallLabel") -> Any:
        """The answer as a plain value; raises CheckFault."""
        try:
            return super().ask(operation, function, label)
        except CheckFault as e:
            fault = e
        assert isinstance(self.transport, Loopback)
        if (raised := self.transport.raised) is not None:
            fault.__cause__, fault.__suppress_context__ = raised.__cause__, raised.__suppress_context__
            fault.__traceback__ = raised.__traceback__
        raise fault
