"""pytest, started for one exercise: collects its checks once and hands the session over."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from grader.core.course import Exercise
from grader.errors import CourseError, MachineError

_OFF = (
    "cacheprovider",
    "capture",
    "doctest",
    "faulthandler",
    "junitxml",
    "logging",
    "pastebin",
    "stepwise",
    "unraisableexception",
    "warnings",
)
"""Plugins that format, capture or store.

`terminal`, `debugging` and `setuponly` must stay for pytest to start.
"""


LINES = 4
"""Of an error in a suite: the place, the line, a mark below it, what is wrong."""


class _Loop:
    """Takes the place of pytest's own run over the items."""

    def __init__(self, exercise: Exercise, then: Callable[[pytest.Session], None]) -> None:
        self._exercise = exercise
        self._then = then
        self._errors: list[str] = []
        self.failure: BaseException | None = None

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Keep the first thing that could not be collected."""
        if report.failed:
            last = str(report.longrepr).strip().splitlines()[-LINES:]  # before them: how pytest got there
            self._errors.append("\n".join([f"{report.nodeid}:", *last])[-1000:])

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Hand over; what is raised there is raised again outside of pytest, which would swallow it."""
        try:
            if self._errors:
                raise CourseError(f"the suite of {self._exercise.id} cannot be collected: {self._errors[0]}")
            self._then(session)
        except BaseException as e:  # noqa: BLE001 - raised again by `collect`
            self.failure = e
        return True


def collect(
    exercise: Exercise,
    then: Callable[[pytest.Session], None],
    *,
    hidden: bool,
    plugins: Sequence[object] = (),
) -> None:
    """Call `then` with a session whose `items` are the exercise's checks; returns when it does.

    Raises:
        CourseError: the suite cannot be collected.
        MachineError: pytest does not start.
        BaseException: whatever `then` raises.
    """
    paths = suite_paths(exercise, hidden=hidden)
    if not paths:  # pytest would take the working folder
        raise CourseError(
            f"{exercise.id} has no checks: expected test_public.py in {str(exercise.public_dir)!r}"
        )
    loop = _Loop(exercise, then)
    code = pytest.main(_arguments(exercise, paths), plugins=[loop, *plugins])
    if loop.failure is not None:
        raise loop.failure
    if code not in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
        raise MachineError(f"pytest ended with {code!r} before the suite of {exercise.id} ran")


def suite_paths(exercise: Exercise, *, hidden: bool) -> list[Path]:
    """What pytest is to collect: the public checks, and the hidden ones where they are there."""
    paths = [exercise.public_dir / "test_public.py"]
    if hidden and exercise.solution_dir is not None:
        paths.append(exercise.solution_dir / "hidden")
    return [path for path in paths if path.exists()]


def _arguments(exercise: Exercise, paths: Sequence[Path]) -> list[str]:
    """No settings of a folder that happens to be around, no plugin but ours."""
    root = exercise.public_dir.parent.parent
    return [
        "--quiet",
        "--quiet",
        "--no-header",
        "--assert=plain",
        "--import-mode=importlib",
        "--noconftest",
        "--disable-plugin-autoload",
        "-pgrader.judge.plugin",
        f"-c{os.devnull}",
        f"--rootdir={root}",
        f"--confcutdir={root}",  # else pytest lists every folder above, and fails at a link it cannot follow
        *(f"-pno:{name}" for name in _OFF),
        *map(str, paths),
    ]
