"""Where reports lie, and how they get there: whole or not at all, no byte of a student's in their names."""

import contextlib
import os
import secrets
from pathlib import Path

from grader.core.course import Course, Exercise
from grader.core.record import Record
from grader.core.submission import Submission, student_key
from grader.errors import InputError, MachineError


def writable(folder: Path, *, named: bool) -> Path:
    """The folder, made if need be; `named`: by an argument, which is then what is wrong."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not os.access(folder, os.W_OK | os.X_OK):
            raise PermissionError(13, "not writable")
    except OSError as e:
        wrong = InputError if named else MachineError
        raise wrong(
            f"no report can be written to {str(folder)!r}: {(e.strerror or str(e)).lower()}; "
            + ("name another folder with --out DIR" if named else "set GRADE_STATE to a folder you can write")
        ) from e
    return folder


def name(record: Record, *, bare: bool) -> str:
    """Such as `attempt_2.html`, behind exercise and student unless `bare`."""
    attempt = record.attempt if record.outcome == "graded" else None
    return name_of(record.exercise, record.student, attempt, bare=bare)


def name_of(exercise: str, student: str, attempt: int | None, *, bare: bool) -> str:
    """The same, of an attempt; None for what was not graded."""
    last = "not_graded.html" if attempt is None else f"attempt_{attempt}.html"
    return last if bare else f"{exercise}-{student_key(student)}-{last}"


def prepare(course: Course) -> None:
    """Import and compile what writes reports, while judges get ready or judge."""
    with contextlib.suppress(Exception):  # whoever needs it meets it again, and is told
        import grader.report.html

        grader.report.html.prepare(course.state_dir / "cache" / "templates")


def views(exercise: Exercise, record: Record, previous: Record | None) -> tuple[Record, Record | None]:
    """The student's view of a record and of the one before."""
    from grader.report.view import student_view

    reveal = exercise.reveal
    return student_view(record, reveal), None if previous is None else student_view(previous, reveal)


def write(
    exercise: Exercise, submission: Submission, record: Record, previous: Record | None, path: Path
) -> None:
    """The report of a record, which must be the student's view, at `path`."""
    from grader.report.html import render

    source = {file.name: file.data.decode("utf-8", "replace") for file in submission.files}
    page = render(record, title=exercise.title, previous=previous, source=source)
    replace(
        path,
        page,
        f"attempt {record.attempt} is recorded, but its report {str(path)!r} cannot be written",
        "submit the same file again with another --out DIR",
    )


def replace(path: Path, text: str, failed: str, advice: str) -> None:
    """`text` at `path`, whole or not at all; MachineError says what failed, and the advice."""
    draft = path.with_name(f".{path.name}-{secrets.token_hex(8)}.tmp")
    try:
        with draft.open("x", encoding="utf-8", errors="backslashreplace", newline="\n") as file:
            file.write(text)
        draft.replace(path)
    except OSError as e:
        raise MachineError(f"{failed}: {(e.strerror or str(e)).lower()}; {advice}") from e
    finally:
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)
