"""pytest, started for one exercise: collects its checks once and hands the session over."""

import os
from collections.abc import Callable, Sequence

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
            self._errors.append(f"{report.nodeid}: {str(report.longrepr)[-1000:]}")

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
    loop = _Loop(exercise, then)
    code = pytest.main(_arguments(exercise, hidden), plugins=[loop, *plugins])
    if loop.failure is not None:
        raise loop.failure
    if code not in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
        raise MachineError(f"pytest ended with {code!r} before the suite of {exercise.id} ran")


def _arguments(exercise: Exercise, hidden: bool) -> list[str]:
    """No settings of a folder that happens to be around, no plugin but ours."""
    paths = [exercise.public_dir / "test_public.py"]
    if hidden and exercise.solution_dir is not None:
        paths.append(exercise.solution_dir / "hidden")
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
        f"--rootdir={exercise.public_dir.parent.parent}",
        *(f"-pno:{name}" for name in _OFF),
        *(str(path) for path in paths if path.exists()),
    ]
