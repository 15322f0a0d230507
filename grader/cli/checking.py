"""`grade check` and `grade watch`: the public checks on the student's own machine.

On Linux through the same engine as `submit`; elsewhere, or with `--practice`, in practice mode.
"""

import platform
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from grader.cli import output, versions
from grader.cli.phrases import say
from grader.cli.request import Request, exit_code
from grader.core.record import Record
from grader.core.submission import Submission, is_stub
from grader.core.text import visible
from grader.errors import MachineError, SubmissionError


class Judge(Protocol):
    """What runs the public checks: an engine, or practice mode."""

    def judge(self, submission: Submission) -> Record:
        """The record of one submission."""


def check(request: Request, *, practice: bool) -> int:
    """Exit code of one check of the file."""
    paths = request.paths(Path.cwd(), request.exercise.public_dir)
    submission = request.submission(paths, stub_refused=False)
    _say_what(request, paths, submission)
    with judge(request, practice=practice) as running:
        return exit_code(_checked(request, running, submission))


def watch(request: Request, *, practice: bool) -> int:
    """Check, and check again after each save, until interrupted; the engine stays warm."""
    paths = request.paths(Path.cwd(), request.exercise.public_dir)
    if not all(path.exists() for path in paths):
        request.submission(paths, stub_refused=False)  # says which one is missing
    names = ", ".join(visible(str(path), one_line=True) for path in paths)
    seen = None
    rounds = 0
    with judge(request, practice=practice) as running:
        for _ in _moments(paths):
            try:
                submission = request.submission(paths, stub_refused=False)
                found = submission.digest
            except SubmissionError as e:  # missing for a moment, half saved, or wrong until the next save
                if seen != str(e):
                    output.complain(say("waiting", request.language, error=e))
                seen = str(e)
                continue
            if found != seen:
                seen = found
                if rounds == 0:
                    _say_what(request, paths, submission)
                else:
                    request.note(_separator())
                rounds += 1
                _checked(request, running, submission)
                request.note(say("watching", request.language, names=names))
    return 0


def _say_what(request: Request, paths: list[Path], submission: Submission) -> None:
    """Which file is checked, and whether it is the stub: it can be another than the one thought of."""
    if request.cells is not None:  # the notebook knows
        return
    exercise = request.exercise
    # Who writes into the course's own folder changes the stub itself: what is unwritten says so.
    unwritten = any(b"raise NotImplementedError" in file.data for file in submission.files)
    untouched = unwritten and is_stub(exercise, submission)
    of_course = not request.files and paths[0].absolute().parent != Path.cwd()
    key = ("checking_course" if of_course else "checking") + ("_stub" if untouched else "")
    file = ", ".join(visible(repr(str(path)), one_line=True) for path in paths)
    names = ", ".join(map(repr, exercise.files))
    request.note(say(key, request.language, file=file, name=names, number=exercise.number))


def _separator() -> str:
    """A line with the time: what is below belongs to the next save."""
    head = f"── {time.strftime('%H:%M:%S')} "
    return head + "─" * (output.width() - output.columns_of(head))


def _checked(request: Request, running: Judge, submission: Submission) -> Record:
    from grader.report.view import student_view

    with output.Status(f"checking {request.exercise.id} …", quiet=request.quiet):
        record = student_view(running.judge(submission), "all")  # public checks hide nothing
    request.show(record)
    return record


@contextmanager
def judge(request: Request, *, practice: bool) -> Iterator[Judge]:
    """What runs the checks; versions of packages are looked at while it starts."""
    if practice or platform.system() != "Linux":
        if request.device != "cpu":
            raise MachineError("practice mode runs on the CPU alone: leave --device out, or use Linux")
        output.note("practice mode: not secure, not for grades")
        versions.warn(request)
        yield _Practice(request)
        return
    from grader.engines.local import LocalEngine

    with LocalEngine(
        request.course,
        request.exercise,
        language=request.language,
        hidden=False,
        device=request.device,
    ) as engine:
        versions.warn(request)
        if request.cells is not None:
            import grader.report.cell
        if not request.as_json and not request.quiet:
            import grader.report.terminal  # noqa: F401 - while the servers start
        yield engine


class _Practice:
    """The public checks in a process without any wall."""

    def __init__(self, request: Request) -> None:
        self._request = request

    def judge(self, submission: Submission) -> Record:
        """The record of one submission."""
        from grader.judge.practice import practice

        return practice(self._request.course, self._request.exercise, submission, self._request.language)


def _moments(paths: list[Path]) -> Iterator[object]:
    """Moments to look at the files: at once, soon after a save, and every second: a save can go unnoticed."""
    from watchfiles import watch as changes

    wanted = {str(path.resolve()) for path in paths}
    yield None
    # Folders, since editors save by renaming a new file over the old one.
    yield from changes(
        *{path.resolve().parent for path in paths},
        watch_filter=lambda _, path: path in wanted,
        recursive=False,
        debounce=200,
        step=50,
        rust_timeout=1000,
        yield_on_timeout=True,
    )
