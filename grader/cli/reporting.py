"""Where reports lie, and how they get there: whole or not at all, no byte of a student's in their names."""

import contextlib
import os
import re
import secrets
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from grader.core.course import Course, Exercise
from grader.core.record import Record
from grader.core.submission import Submission, sources, student_key
from grader.errors import InputError, MachineError

DRAFT_BYTES: Final = 8
_DRAFT: Final = re.compile(rf"\..+-[0-9a-f]{{{2 * DRAFT_BYTES}}}\.tmp", re.DOTALL)


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


def path(folder: Path, record: Record, *, bare: bool) -> Path:
    """Where in `folder` the report of a record lies; `bare` ones lie in a folder of the student's."""
    return (folder / student_key(record.student) if bare else folder) / name(record, bare=bare)


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

    page = render(record, title=exercise.title, previous=previous, source=sources(submission.files))
    replace(
        path,
        page,
        f"attempt {record.attempt} is recorded, but its report {str(path)!r} cannot be written",
        "submit the same file again with another --out DIR",
    )


def replace(path: Path, text: str, failed: str, advice: str) -> None:
    """`text` at `path`, whole or not at all; MachineError says what failed, and the advice."""
    draft = path.with_name(f".{path.name}-{secrets.token_hex(DRAFT_BYTES)}.tmp")
    try:
        with contextlib.ExitStack() as held:
            with draft.open("x", encoding="utf-8", errors="backslashreplace", newline="\n") as file:
                if os.name == "posix":  # until it is in its place, though the file is closed before
                    lock = os.dup(file.fileno())
                    held.callback(os.close, lock)
                    _lock(lock)
                file.write(text)
            draft.replace(path)
    except OSError as e:
        raise MachineError(f"{failed}: {(e.strerror or str(e)).lower()}; {advice}") from e
    finally:
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)


def remove_drafts(folder: Path) -> None:
    """Remove what commands that were killed have left of reports in `folder` and in the folders in it."""
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                with contextlib.suppress(OSError), os.scandir(entry) as inner:
                    _remove_abandoned(inner)
            else:
                _remove_abandoned([entry])


def _remove_abandoned(entries: "Iterable[os.DirEntry[str]]") -> None:
    for entry in entries:
        if _DRAFT.fullmatch(entry.name) and entry.is_file(follow_symlinks=False):
            with contextlib.suppress(OSError):
                fd = os.open(entry.path, os.O_RDWR)
                try:
                    _lock(fd)  # a command that still writes it holds the lock
                    Path(entry.path).unlink()
                finally:
                    os.close(fd)


def _lock(fd: int) -> None:
    """Raises OSError if another process has it."""
    import fcntl  # not on Windows, where no class is graded

    fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
