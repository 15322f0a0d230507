"""Practice mode: public checks where no sandbox stands (macOS, Windows). Not secure, not for grades.

The submission runs in a child process together with its checks. We read how each check ends, line by
line; a child that stalls is killed, its check has timed out, and another child goes on behind it.
"""

import contextlib
import dataclasses
import platform
import queue
import subprocess
import sys
import threading
import time
from typing import Final

import msgspec

from grader.core.course import Course, Exercise, Language
from grader.core.record import (
    CellNote,
    CheckResult,
    Digests,
    GroupResult,
    Outcome,
    Record,
    SandboxReport,
    Stdout,
    Text,
)
from grader.core.submission import Submission
from grader.errors import CourseError, MachineError

START_S: Final = 120.0
WARNING: Final = "practice mode: the code ran unprotected on this machine; not secure, not for grades"


class Job(msgspec.Struct, kw_only=True):
    """What a child is to do."""

    course: str
    exercise: str
    files: list[tuple[str, bytes]]
    done: list[str]
    """Ids of checks that are not to be run again."""


class Begins(msgspec.Struct, kw_only=True, tag="begins"):
    """A check starts; had it timed out, this would be its result."""

    result: CheckResult


class Ends(msgspec.Struct, kw_only=True, tag="ends"):
    """A check has ended."""

    result: CheckResult


class Over(msgspec.Struct, kw_only=True, tag="over"):
    """Nothing is left to do."""

    suite: str
    stdout: Stdout
    notebook: list[CellNote] = []


class Broken(msgspec.Struct, kw_only=True, tag="broken"):
    """The public checks cannot be run."""

    message: str


Line = Begins | Ends | Over | Broken
_LINE: Final[msgspec.json.Decoder[Line]] = msgspec.json.Decoder(Line)


def practice(course: Course, exercise: Exercise, submission: Submission, language: Language) -> Record:
    """The record of the public checks, run unprotected; raises CourseError or MachineError."""
    start = time.perf_counter()
    results: list[CheckResult] = []
    while True:
        job = Job(
            course=str(course.root),
            exercise=exercise.id,
            files=[(file.name, file.data) for file in submission.files],
            done=[result.id for result in results],
        )
        over = _child(job, exercise, results)
        if over is not None:
            break
    group = GroupResult(
        name="public",
        title=Text(en="Public checks", ko="공개 검사"),
        points=0.0,
        max_points=0.0,
        rule="shared",
    )
    return Record(
        exercise=exercise.id,
        student=submission.student,
        attempt=0,
        submitted_utc=submission.submitted_utc,
        outcome="graded",
        score=0.0,
        max_score=0.0,
        device="cpu",
        language=language,
        groups=[group],
        checks=results,
        stdout=over.stdout,
        digests=Digests(submission=submission.digest, suite=over.suite),
        seed="practice",
        sandbox=SandboxReport(level="none", layers=[], warnings=[WARNING]),
        environment={
            "python": platform.python_version(),
            "platform": f"{sys.platform}-{platform.machine()}",
        },
        seconds=time.perf_counter() - start,
        notebook=over.notebook,
    )


def _child(job: Job, exercise: Exercise, results: list[CheckResult]) -> Over | None:
    """Append what one child finds out; None if it was killed, or died, in the middle of a check."""
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "grader.judge.practice_child"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    lines: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    output = process.stdout

    def read() -> None:
        for line in output:
            lines.put(line)
        lines.put(b"")

    # A thread, because no pipe can be waited for with a limit on Windows.
    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    running: CheckResult | None = None
    seconds = START_S
    try:
        with contextlib.suppress(BrokenPipeError), process.stdin as stdin:  # it ended: seen below
            stdin.write(msgspec.json.encode(job))
        while True:
            try:
                data = lines.get(timeout=seconds)
            except queue.Empty:
                data = None
            if not data:
                if running is not None:
                    results.append(running if data is None else _died(running))
                elif len(results) == len(job.done):
                    raise MachineError("practice mode ended before the first check; run `grade doctor`")
                return None
            line = _LINE.decode(data)
            if isinstance(line, Over):
                return line
            if isinstance(line, Broken):
                raise CourseError(line.message)
            running = line.result if isinstance(line, Begins) else None
            if running is None:
                results.append(line.result)
            seconds = exercise.limits.import_s + exercise.limits.check_s
    finally:
        process.kill()
        process.wait()
        reader.join()
        output.close()


def _died(running: CheckResult) -> CheckResult:
    """The check during which the child ended by itself."""
    message = Text(
        en="Your code ended the whole program instead of returning.",
        ko="값을 반환하지 않고 프로그램 전체가 끝났습니다.",
    )
    return dataclasses.replace(running, outcome=Outcome.CRASHED, message=message)
