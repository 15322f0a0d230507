"""`grade book feedback`: the reports of an exercise to give back: a folder each, or the LMS's zip file."""

import io
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from grader.cli import output
from grader.cli.booking import opened
from grader.cli.files import write_whole
from grader.cli.options import student_id
from grader.core.course import Course, Exercise
from grader.core.submission import sources, student_key
from grader.core.text import visible
from grader.errors import InputError
from grader.gradebook import Gradebook, decisions, ledger
from grader.gradebook.export import downloads, sheets
from grader.gradebook.grades import Row, rows
from grader.report.html import render
from grader.report.view import student_view

Form = Literal["folders", "canvas", "moodle"]


def write(
    course: Course,
    exercise: Exercise,
    *,
    form: Form,
    download: Path | None,
    student: str | None,
    out: Path | None,
    quiet: bool,
) -> None:
    """Writes the reports of the attempts that count; says where they are, and whose are missing."""
    if (form == "folders") != (download is None):
        raise InputError(
            f"--format {form} takes no --download: leave it out"
            if download
            else f"{form.capitalize()} finds students by numbers of its own: give --download FILE, "
            "the submissions as it gave them"
        )
    out = out or course.state_dir / "feedback" / exercise.id
    with opened(course) as book:
        if student is not None:
            student = student_id(student)
            with book.database.reading() as connection:
                decisions.student_id(connection, student)
        found = [
            row
            for row in rows(course, ledger.read(book, student=student), [exercise])
            if row.grades[exercise.id].attempt
        ]
        if download is None or form == "folders":
            said = _folders(book, found, exercise, out)
        else:
            said = _zip(book, found, exercise, out, downloads.read(download, form), form)
    if not quiet:
        for line in said[:-1]:
            output.note(visible(line, 300, one_line=True))
        output.line(said[-1])


def _folders(book: Gradebook, found: Sequence[Row], exercise: Exercise, out: Path) -> list[str]:
    index = [["student", "name", "attempt", "folder"]]
    for row in found:
        folder = student_key(row.student.id)
        write_whole(out / folder / "report.html", _report(book, row, exercise))
        about = (row.student.id, row.student.full_name or "")
        index.append([*map(sheets.defused, about), str(row.grades[exercise.id].attempt), folder])
    write_whole(out / "index.csv", sheets.written(index).encode())
    return [f"{len(found)} reports in {str(out)!r}; index.csv says whose folder is which"]


def _zip(
    book: Gradebook,
    found: Sequence[Row],
    exercise: Exercise,
    out: Path,
    places: Sequence[downloads.Place],
    form: str,
) -> list[str]:
    """One file for the LMS; notes on whom it has nothing for, and the path last."""
    whose = downloads.matched(places, {row.student: _files(book, row, exercise) for row in found})
    page = io.BytesIO()
    said = []
    with zipfile.ZipFile(page, "w", zipfile.ZIP_DEFLATED) as archive:
        for row in found:
            place = whose.get(row.student)
            if place is None:
                said.append(f"not in the download: {row.student.id!r}")
            else:
                archive.writestr(
                    zipfile.ZipInfo(place.target), _report(book, row, exercise), zipfile.ZIP_DEFLATED
                )
    taken = {place.number for place in whose.values()}
    said += [f"not known whose: {p.name!r} ({p.number})" for p in places if p.number not in taken]
    path = out / f"feedback-{exercise.id}-{form}.zip"
    write_whole(path, page.getvalue())
    return [*said, f"{len(whose)} reports in {str(path)!r}"]


def _files(book: Gradebook, row: Row, exercise: Exercise) -> list[frozenset[str]]:
    """Digests of the files of each attempt; that of a single file is the submission's own."""
    handed = [attempt.digest for attempt in book.attempts(row.student.id, exercise.id)]
    if len(exercise.files) == 1:
        return [frozenset({digest}) for digest in handed]
    return [
        frozenset(downloads.digest(file.data) for file in book.submission_bytes(digest)) for digest in handed
    ]


def _report(book: Gradebook, row: Row, exercise: Exercise) -> bytes:
    """The report of the attempt that counts, as its student may see it."""
    number = row.grades[exercise.id].attempt
    assert number is not None
    record = book.standing(row.student.id, exercise.id, number)
    assert record is not None
    before = book.standing(row.student.id, exercise.id, number - 1)
    files = book.submission_bytes(record.digests.submission)
    page = render(
        student_view(record, exercise.reveal),
        title=exercise.title,
        previous=None if before is None else student_view(before, exercise.reveal),
        source=sources(files),
    )
    return page.encode("utf-8", "backslashreplace")
