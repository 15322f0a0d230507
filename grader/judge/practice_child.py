"""The child of practice mode: public checks and the student's code in one process, told line by line.

    python -m grader.judge.practice_child < JOB

Runs anywhere Python does. What the student's code prints goes to a buffer, not among our lines.
"""

import contextlib
import io
import os
import sys
import time
import types
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

from grader.core import course as courses
from grader.core.course import Limits
from grader.core.record import SandboxReport, Stdout
from grader.core.submission import SourceFile, Submission, utc
from grader.errors import GraderError
from grader.judge import cells, faults, modules
from grader.judge.collect import collect
from grader.judge.faults import CheckFault, StudentError
from grader.judge.practice import WARNING, Begins, Broken, Ends, Job, Line, Over
from grader.judge.proxy import Answerer
from grader.judge.session import Judge, Reports
from grader.judge.transport import Quiet
from grader.judge.uses import Use
from grader.sandbox.protocol import KEPT_OUTPUT
from grader.worker import serve, wire


class Unprotected:
    """A `session.Wall` without a wall: the submission is loaded into this process."""

    report = SandboxReport(level="none", layers=[], warnings=[WARNING])

    def __init__(self, limits: Limits, printed: io.StringIO, probe: types.ModuleType | None) -> None:
        self.versions: dict[str, str] = {}
        self._limits = limits
        self._probe = probe
        self._printed = printed
        self.line: InProcess | None = None

    def connect(self, files: Sequence[tuple[str, bytes]], seed: int) -> "InProcess":
        """The submission, to be loaded at the first call."""
        self.line = InProcess(self._limits, files, self._printed, self._probe)
        return self.line

    def fill(self) -> None:
        """Nothing to prepare."""


class InProcess:
    """A `run.Connection` to code in this process."""

    generation = 0
    uses: Sequence[Use] = ()
    notes: Any = ()

    def __init__(
        self,
        limits: Limits,
        files: Sequence[tuple[str, bytes]],
        printed: io.StringIO,
        probe: types.ModuleType | None,
    ) -> None:
        self.limits = limits
        self.reply = wire.Limits(buffers=limits.reply_mib * 2**20)
        self._files = files
        self._printed = printed
        self._probe = probe
        self._loopback: Quiet | None = None
        self._fault: CheckFault | None = None

    @property
    def cpu_s(self) -> float:
        """CPU seconds of this process."""
        return time.process_time()

    @property
    def output(self) -> bytes:
        """What was printed."""
        return self._printed.getvalue()[:KEPT_OUTPUT].encode()

    @property
    def output_truncated(self) -> bool:
        """Whether more was printed than is kept."""
        return len(self._printed.getvalue()) > KEPT_OUTPUT

    @property
    def unloadable(self) -> bool:
        """Whether the submission could not be imported."""
        return self._fault is not None

    def begin(self) -> None:
        """Nobody times a check here: the parent does."""

    def rest(self) -> None:
        """Nothing is held."""

    def renew(self) -> None:
        """There is no other process."""

    def close(self) -> None:
        """Nothing is held."""

    def exchange(
        self, frame: bytes, call: int, label: object, answer: Answerer
    ) -> tuple[memoryview, memoryview]:
        """Meta and buffers of the reply; raises CheckFault."""
        if self._fault is not None:
            raise self._fault
        with contextlib.redirect_stdout(self._printed), contextlib.redirect_stderr(self._printed):
            if self._loopback is None:
                self._loopback = self._load()
            return self._loopback.exchange(frame, call, label, answer)

    def _load(self) -> Quiet:
        try:
            sources = serve.Sources(self._files)
            module = serve.load(sources)
            self.notes = sources.notes
            return Quiet(module, self.limits, self._probe)
        except MemoryError:
            self._fault = faults.out_of_memory("import", self.limits.memory_mib)
        except BaseException as e:  # noqa: BLE001 - the student's code may raise anything
            name, text, lines = serve.describe(e, frozenset(name for name, _ in self._files))
            self._fault = StudentError(name, text, lines)
        raise self._fault


def main() -> None:
    """Run the checks of the job on stdin; tell of each on the real stdout."""
    job = msgspec.json.decode(sys.stdin.buffer.read(), type=Job)
    # The file descriptor itself, so that neither pytest nor the submission writes between our lines.
    with os.fdopen(os.dup(1), "wb", buffering=0) as out:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)

        def tell(line: Line) -> None:
            out.write(msgspec.json.encode(line) + b"\n")

        try:
            _run(job, tell)
        except GraderError as e:
            tell(Broken(message=str(e)))


def _run(job: Job, tell: Callable[[Line], None]) -> None:
    course = courses.load(Path(job.course) / courses.COURSE_FILE)
    exercise = course.exercise(job.exercise)
    printed = io.StringIO()
    wall = Unprotected(exercise.limits, printed, modules.load_probe(exercise))
    reports = Reports()
    files = tuple(SourceFile(name=name, data=data) for name, data in job.files)
    handed = Submission(student="practice", exercise=exercise.id, files=files, submitted_utc=utc())

    def then(session: pytest.Session) -> None:
        nowhere = Path(os.devnull)
        judge = Judge.of(session, exercise, wall, bytes(32), hidden=False, cache=nowhere, reports=reports)
        for begins, ends in judge.one_by_one(handed, frozenset(job.done)):
            tell(Begins(result=begins))
            tell(Ends(result=ends()))
        text = printed.getvalue()
        stdout = Stdout(text=text[:KEPT_OUTPUT], truncated=len(text) > KEPT_OUTPUT)
        notes = cells.read(wall.line.notes, files) if wall.line is not None else []
        tell(Over(suite=judge.digest, stdout=stdout, notebook=notes))

    collect(exercise, then, hidden=False, plugins=[reports])


if __name__ == "__main__":
    main()
