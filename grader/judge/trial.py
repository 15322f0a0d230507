"""One file against its suite in this process, with pytest's own output: what `grade try` runs.

For authors and their own code. The suite is collected as the judge collects it (no conftest.py, no
settings of a folder around, no plugin but ours); all the rest is plain pytest.
"""

import difflib
import os
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Any

import pytest

from grader.core.course import Exercise, Language
from grader.core.globs import matches
from grader.errors import CourseError, InputError, MachineError
from grader.judge import plugin
from grader.judge.byhand import ByHand, Draw
from grader.judge.collect import suite_paths
from grader.judge.faults import CheckFault


def trial(
    exercise: Exercise,
    files: Sequence[Path],
    draw: Draw,
    *,
    checks: Sequence[str] = (),
    device: str = "cpu",
    language: Language = "en",
    options: Sequence[str] = (),
) -> bool:
    """Whether all checks passed; pytest has told how each ended. `checks` are ids or globs, none for all.

    Raises:
        InputError: there is no such check, or pytest does not take `options`.
        CourseError: the suite cannot be collected.
        MachineError: pytest broke.
        KeyboardInterrupt: somebody ended it, by Ctrl-C or from the debugger.
    """
    paths = suite_paths(exercise, hidden=True)
    if not paths:
        raise CourseError(f"{exercise.id} has no checks: expected hidden/test_*.py or test_public.py")
    host = ByHand(files, draw, device=device, exercise=exercise)
    run = _Run(exercise, host, checks, language)
    code = pytest.main([*_arguments(exercise), *map(str, paths), *options], plugins=[plugin, run, host])
    if run.broken:
        raise CourseError(f"the suite of {exercise.id} cannot be collected: see above")
    if run.unknown is not None:
        raise run.unknown
    if code == pytest.ExitCode.INTERRUPTED:
        raise KeyboardInterrupt
    if code == pytest.ExitCode.USAGE_ERROR:
        raise InputError("pytest does not take these options: see above, and `pytest --help`")
    if code == pytest.ExitCode.NO_TESTS_COLLECTED:
        raise InputError(f"no check of {exercise.id} was run: the options for pytest left none")
    if code not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
        raise MachineError("pytest broke: see above")
    return code == pytest.ExitCode.OK


class _Run:
    """The plugin that chooses the checks, and has messages in the author's language."""

    def __init__(self, exercise: Exercise, host: ByHand, checks: Sequence[str], language: Language) -> None:
        self._exercise = exercise
        self._host = host
        self._wanted = checks
        self._language = language
        self.broken = False
        """Whether something could not be collected; pytest has said what."""
        self.unknown: InputError | None = None
        """The first of the checks asked for that there is not."""

    def pytest_configure(self, config: pytest.Config) -> None:
        """Our fixtures ask this host."""
        config.stash[plugin.HOST] = self._host

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Notice what could not be collected."""
        self.broken |= report.failed

    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        """Leave the checks that were asked for."""
        if not self._wanted:
            return
        ids = [plugin.check_id(item) for item in items]
        for wanted in self._wanted:
            if not any(_means(wanted, id) for id in ids):
                self.unknown = self.unknown or self._no_such(wanted, ids)
        chosen = [any(_means(wanted, id) for wanted in self._wanted) for id in ids]
        config.hook.pytest_deselected(items=[i for i, c in zip(items, chosen, strict=True) if not c])
        items[:] = [i for i, c in zip(items, chosen, strict=True) if c]

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self) -> bool | None:
        """Runs nothing where a check is not there."""
        return True if self.unknown is not None else None

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self) -> Generator[None, Any, Any]:
        """Give a fault its message in the author's language."""
        try:
            return (yield)
        except CheckFault as e:
            e.args = (e.message.in_(self._language),)
            raise

    def _no_such(self, wanted: str, ids: Sequence[str]) -> InputError:
        names = [*ids, *dict.fromkeys(_function(id) for id in ids)]
        if close := difflib.get_close_matches(wanted, names, n=1, cutoff=0.5):
            return InputError(f"no check {wanted!r} in {self._exercise.id}: did you mean {close[0]!r}?")
        return InputError(
            f"no check {wanted!r} in {self._exercise.id}: "
            f"'grade try {self._exercise.number} FILE -- --collect-only -q' lists them"
        )


def _means(wanted: str, id: str) -> bool:
    """Whether `wanted` is the id of a check, a glob that matches it, or the function of several."""
    return matches(id, wanted) or _function(id) == wanted


def _function(id: str) -> str:
    """`test_padding` of `test_padding[2]`."""
    return id.partition("[")[0]


def _arguments(exercise: Exercise) -> list[str]:
    root = exercise.public_dir.parent.parent
    return [
        "--no-header",
        "--import-mode=importlib",
        "--noconftest",
        "--disable-plugin-autoload",
        "-pno:cacheprovider",  # it would leave a folder in the course
        f"-c{os.devnull}",
        f"--rootdir={root}",
        f"--confcutdir={root}",
    ]
