"""`grade replay`: the very submission of a record, judged again from the same inputs, and what differs.

A record in a file may come from a student: it says what to compare with, and nothing that is opened, run or
believed. That its seed is the one of this student, exercise and file, only the course's secret can make true.
"""

import hmac
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from grader.cli import booking, output
from grader.cli.options import require_device
from grader.core import seeds
from grader.core.comparison import Difference, differences
from grader.core.course import Course, Device, Exercise
from grader.core.messages import Ready
from grader.core.record import Record, decode
from grader.core.submission import SourceFile, Submission, check_student, digest, read, utc
from grader.core.text import visible
from grader.engines.local import LocalEngine
from grader.errors import CourseError, InputError
from grader.report.numbers import points
from grader.report.view import Reveal, student_view

if TYPE_CHECKING:
    from grader.gradebook import Gradebook

MAX_BYTES: Final = 64 * 2**20  # of a file of records, such as what `batch --json` wrote
LISTED: Final = 40  # differences
_FINGERPRINT: Final = re.compile(r"[0-9a-f]{32}")
_NO_RECORD: Final = (msgspec.MsgspecError, RecursionError)
_PACKAGES: Final = ("python", "numpy", "torch", "lightning", "platform")


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """Arguments of `grade replay`, resolved."""

    course: Course
    record: str
    """A file, `-`, a record's seed, or an exercise."""
    files: tuple[Path, ...]
    """The submission, where the gradebook does not have it."""
    student: str | None
    attempt: int | None
    device: Device | None
    """None: that of the record."""
    as_json: bool
    quiet: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """A record and its replay, side by side."""

    recorded: Record
    replayed: Record
    view: Reveal | None
    """Which student's view the record is; None for the whole one."""
    found: tuple[Difference, ...]
    warnings: tuple[str, ...]
    """What is not as it was."""


def replay(request: Replay) -> int:
    """Exit code: 0 if it is equal, 1 if something differs, 3 if it was not graded."""
    recorded = _record(request)
    exercise = _trusted(request.course, recorded)
    device = request.device or recorded.device
    require_device(exercise, device)
    handed = _submission(request, exercise, recorded)
    course, exercise = _suite(request.course, exercise, recorded)
    with (
        LocalEngine(course, exercise, language=recorded.language, device=device) as engine,
        output.Status(f"judging {exercise.id} …", quiet=request.quiet),
    ):
        ready = engine.start()
        replayed = engine.judge(handed)
    if replayed.outcome != "graded":
        why = replayed.reason.en if replayed.reason else "the grader failed"
        output.complain(f"not graded: {why}")
        return 3
    compared = _compared(recorded, replayed, ready)
    if request.as_json:
        output.result(_as_json(compared))
    elif not request.quiet:
        output.result(_page(compared))
    return 1 if compared.found else 0


def _record(request: Replay) -> Record:
    """The record that is meant; InputError if there is none, or it was not graded."""
    given = request.record
    if given == "-" or Path(given).is_file():
        recorded = _of_file(request)
    elif _FINGERPRINT.fullmatch(given):
        recorded = _of_seed(request.course, given)
    else:
        recorded = _of_book(request)
    if recorded.outcome != "graded":
        raise InputError(
            "the record is of a submission that was not graded: there is nothing to compare with"
        )
    return recorded


def _of_file(request: Replay) -> Record:
    what = "stdin" if request.record == "-" else repr(request.record)
    try:
        if request.record == "-":
            data = sys.stdin.buffer.read(MAX_BYTES + 1)
        else:
            with Path(request.record).open("rb") as file:
                data = file.read(MAX_BYTES + 1)
    except OSError as e:
        raise InputError(f"{what} cannot be read: {(e.strerror or str(e)).lower()}") from e
    if len(data) > MAX_BYTES:
        raise InputError(f"{what} is over {MAX_BYTES // 2**20} MiB: give a file of fewer records")
    return _chosen(_decoded(data, what), request, what)


def _decoded(data: bytes, what: str) -> list[Record]:
    """The records in a file: one, or one a line."""
    lines = [line for line in data.splitlines() if line.strip()]
    try:
        return [decode(data)]
    except _NO_RECORD as e:
        error: Exception = e
    if len(lines) > 1:
        try:
            return [decode(line) for line in lines]
        except _NO_RECORD as e:
            error = e
    said = visible(str(error), 300, one_line=True)
    raise InputError(f"{what} is no record: {said}; 'grade submit --json' and 'batch --json' write them")


def _chosen(found: list[Record], request: Replay, what: str) -> Record:
    fitting = [
        one
        for one in found
        if request.student in (None, one.student) and request.attempt in (None, one.attempt)
    ]
    if len(fitting) != 1:
        many = f"{len(fitting) or 'none'} of the {len(found)} records in {what}"
        raise InputError(f"{many} fit: choose one with --student ID and --attempt N")
    return fitting[0]


def _of_seed(course: Course, seed: str) -> Record:
    """The record that stands for what was handed in with this seed."""
    secret = booking.present_secret(course)
    with booking.opened(course) as book:
        for exercise in course.exercises.values() if secret else ():
            for student, held in book.handed_in(exercise.id):
                if seeds.fingerprint(secret or b"", student, exercise.id, held) == seed:
                    return _standing(book, exercise, student, held, None)
    raise InputError(f"no submission in the gradebook has the seed {seed!r}: give the file of the record")


def _of_book(request: Replay) -> Record:
    try:
        exercise = request.course.exercise(request.record)
    except InputError as e:
        raise InputError(
            f"no file and no exercise {request.record[:200]!r}: give the file of a record, its seed (32 hex "
            "digits), or an exercise with --student ID"
        ) from e
    if request.student is None:
        raise InputError(
            f"whose record of {exercise.id}? give --student ID, and --attempt N for an earlier one"
        )
    with booking.opened(request.course) as book:
        return _standing(book, exercise, request.student, None, request.attempt)


def _standing(
    book: "Gradebook", exercise: Exercise, student: str, held: str | None, number: int | None
) -> Record:
    """The record of an attempt, by its file's digest or its number; of the latest one for None."""
    there = book.attempts(student, exercise.id)
    fitting = [a for a in there if held in (None, a.digest) and number in (None, a.number)]
    last = fitting[-1].number if fitting else 0
    record = book.standing(student, exercise.id, last)
    if record is None:
        numbers = ", ".join(str(a.number) for a in there) or "none"
        raise InputError(
            f"no such graded attempt of {student!r} at {exercise.id} in the gradebook: there is {numbers}"
        )
    return record


def _trusted(course: Course, recorded: Record) -> Exercise:
    """The exercise of the record; InputError unless this course judged this student's file with this seed."""
    exercise = course.exercise(recorded.exercise[:200])
    if exercise.id != recorded.exercise:
        raise InputError(f"the record is of {recorded.exercise[:200]!r}, which this course does not have")
    student = check_student(recorded.student)
    secret = booking.present_secret(course)
    if secret is None:
        raise InputError(
            f"no secret in {str(course.state_dir)!r}, and so no way to the inputs of the record: "
            "restore it from a backup, or set GRADE_STATE"
        )
    own = seeds.fingerprint(secret, student, exercise.id, recorded.digests.submission)
    if student != recorded.student or not hmac.compare_digest(own.encode(), recorded.seed.encode()):
        raise InputError(
            "the record's seed is not that of its student, exercise and file under this course's secret: "
            "it was changed, or made with another secret"
        )
    return exercise


def _submission(request: Replay, exercise: Exercise, recorded: Record) -> Submission:
    """The very files that were judged: those given, or those in the gradebook."""
    wanted = recorded.digests.submission
    if request.files:
        handed = read(exercise, request.files, recorded.student, utc(), stub_refused=False)
        if handed.digest != wanted:
            raise InputError(
                f"the record is of other files: of {wanted[:19]}…, and what is given is {handed.digest[:19]}…"
            )
        return handed
    place = request.course.gradebook
    files: tuple[SourceFile, ...] = ()
    if not isinstance(place, Path) or place.exists():
        with booking.opened(request.course) as book:
            files = book.submission_bytes(wanted, exercise.id)
    if not files or digest(files) != wanted:
        raise InputError(
            f"the gradebook does not have the submission of the record ({wanted[:19]}…): "
            "name its file behind the record"
        )
    return Submission(student=recorded.student, exercise=exercise.id, files=files, submitted_utc=utc())


def _suite(course: Course, exercise: Exercise, recorded: Record) -> tuple[Course, Exercise]:
    """The suite that made the record, as it was kept; the present one where it is that, or none was kept."""
    from grader.judge import archive
    from grader.judge import suite as suites

    wanted = recorded.digests.suite
    if exercise.solution_dir is not None and suites.digest(exercise) == wanted:
        return course, exercise
    kept = archive.find(course, exercise.id, wanted)
    if kept is None and exercise.solution_dir is None:
        raise CourseError(
            f"the hidden suite of {exercise.id} is not on this machine: "
            "replay where 'solutions/' is beside the course"
        )
    return kept or (course, exercise)


def _compared(recorded: Record, replayed: Record, ready: Ready) -> Compared:
    """Side by side, as the whole record or as the student's view that the record is."""
    views: list[tuple[Reveal | None, Record]] = [(None, replayed)]
    reveals: tuple[Reveal, ...] = ("all", "message", "name")
    views += [(reveal, student_view(replayed, reveal)) for reveal in reveals]
    found = [(reveal, differences(recorded, view, ready.timed)) for reveal, view in views]
    view, least = min(found, key=lambda one: len(one[1]))  # the first of equals: the one that shows most
    return Compared(
        recorded=recorded,
        replayed=replayed,
        view=view,
        found=tuple(least),
        warnings=tuple(_warnings(recorded, replayed)),
    )


def _warnings(recorded: Record, replayed: Record) -> list[str]:
    """What was otherwise when the record was made, and can be why it differs."""
    said = []
    if recorded.digests.suite != replayed.digests.suite:
        then, now = (r.digests.suite.removeprefix("sha256:")[:12] for r in (recorded, replayed))
        said.append(f"another suite: {then}… then, which is not kept here; {now}… now")
    for name in _PACKAGES:
        pair = [record.environment.get(name, "none") for record in (recorded, replayed)]
        if pair[0] != pair[1]:
            said.append(f"another {name}: {pair[0]} then, {pair[1]} now")
    if recorded.device != replayed.device:
        said.append(f"another device: {recorded.device} then, {replayed.device} now")
    if recorded.sandbox.level != replayed.sandbox.level:
        said.append(f"another wall: {recorded.sandbox.level} then, {replayed.sandbox.level} now")
    return [visible(one, 200, one_line=True) for one in said]


def _page(done: Compared) -> str:
    record = done.recorded
    who = f"{record.exercise} · {visible(record.student, 60, one_line=True)}"
    text = f"{who} · attempt {record.attempt} · seed {record.seed}\n" if record.attempt else f"{who}\n"
    text += "".join(f"warning: {one}\n" for one in done.warnings)
    seen = f", as its student may see them (reveal: {done.view})" if done.view in ("message", "name") else ""
    if not done.found:
        of = f"{points(record.score or 0.0)} of {points(record.max_score)} points"
        return (
            text + f"equal: {len(record.checks)} checks, {of}; outcomes, points, messages, evidence{seen}\n"
        )
    rows = [
        [
            _cell(one.check or "(whole)"),
            _cell(one.field) + (" *" if one.of_time else ""),
            _cell(one.recorded),
            _cell(one.replayed),
        ]
        for one in done.found[:LISTED]
    ]
    checks = {one.check for one in done.found if one.check is not None}
    text += f"different: {len(checks)} of {len(record.checks)} checks{seen}\n\n"
    text += output.table(["Check", "What", "Recorded", "Replayed"], rows, flexible=3)
    if len(done.found) > LISTED:
        text += f"… {len(done.found) - LISTED} more: --json lists them all\n"
    if any(one.of_time for one in done.found):
        text += "* may come of how fast the machine was: replay it while nothing else runs\n"
    return text


def _cell(text: str) -> str:
    return visible(text, 32, one_line=True)


def _as_json(done: Compared) -> str:
    record = done.recorded
    data = {
        "equal": not done.found,
        "exercise": record.exercise,
        "student": record.student,
        "attempt": record.attempt,
        "seed": record.seed,
        "view": done.view or "whole",
        "score": {"recorded": record.score, "replayed": done.replayed.score},
        "warnings": done.warnings,
        "differences": done.found,
    }
    return msgspec.json.format(msgspec.json.encode(data), indent=1).decode() + "\n"
