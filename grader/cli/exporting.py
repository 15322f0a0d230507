"""`grade book export`: grades of the book in a format that others read, to stdout or a folder."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import msgspec

from grader.cli import output
from grader.cli.booking import opened
from grader.cli.files import write_whole
from grader.cli.options import student_id
from grader.core.course import Course, Exercise, Language
from grader.core.policy import Grade
from grader.core.record import Record
from grader.core.seeds import pseudonym
from grader.core.submission import student_key
from grader.core.text import visible
from grader.errors import InputError
from grader.gradebook import Gradebook, decisions, ledger
from grader.gradebook.export import canvas, classroom50, gradescope, junit, sheets
from grader.gradebook.grades import Row, rows
from grader.report.view import student_view

_SHEETS = {"csv": sheets.plain, "canvas": sheets.canvas, "moodle": sheets.moodle}
_EACH = {"gradescope": "results.json", "classroom50": "result.json"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Graded:
    """The record that a grade rests on, as its student may see it."""

    record: Record
    grade: Grade


def export(
    course: Course,
    exercises: Sequence[Exercise],
    *,
    form: str,
    template: Path | None,
    pseudonyms: bool,
    student: str | None,
    out: Path | None,
    language: Language,
    quiet: bool,
) -> None:
    """Writes what was asked for; InputError for what does not go together."""
    if template is not None and (form != "canvas" or pseudonyms):
        raise InputError("--template is for --format canvas, and holds names: leave one of them out")
    secret = course.secret() if pseudonyms else None
    with opened(course) as book:
        if student is not None:
            student = student_id(student)
            with book.database.reading() as connection:
                decisions.student_id(connection, student)
        found = rows(course, ledger.read(book, student=student), exercises)
        records = [] if form in _SHEETS else list(_records(book, found, exercises, secret))
    if form in _SHEETS:
        page = _sheet(found, exercises, form, template, secret, quiet=quiet).encode()
        _write(page, out, "grades.csv" if form == "csv" else f"{form}.csv", bom=form == "csv", quiet=quiet)
    elif form == "junit":
        page_of_all = junit.suites([one.record for one in records], language=language)
        _write(page_of_all, out, "junit.xml", quiet=quiet)
    else:
        _write_each(records, form, out, language, quiet=quiet)


def _sheet(
    found: list[Row],
    exercises: Sequence[Exercise],
    form: str,
    template: Path | None,
    secret: bytes | None,
    *,
    quiet: bool,
) -> str:
    if secret is not None:
        found = sheets.without_names(found, secret)
    if template is None:
        return _SHEETS[form](found, exercises)
    try:
        data = template.read_bytes()
    except OSError as e:
        raise InputError(f"{str(template)!r} cannot be read: {(e.strerror or str(e)).lower()}") from e
    filled = canvas.filled(data, found, exercises)
    if not quiet:
        for note in filled.notes:
            output.note(visible(note, 300, one_line=True))
    return filled.text


def _records(
    book: Gradebook, found: Sequence[Row], exercises: Sequence[Exercise], secret: bytes | None
) -> Iterator[Graded]:
    """Students by exercises; nothing for who has no attempt that counts."""
    for e in exercises:
        for row in found:
            grade = row.grades[e.id]
            record = grade.attempt and book.standing(row.student.id, e.id, grade.attempt)
            if not record:
                continue
            reveal = e.reveal
            if secret is not None:
                record = replace(record, student=pseudonym(secret, record.student))
                # What the student's code printed or raised can hold the name: it stays here.
                reveal = "name" if reveal == "name" else "message"
            yield Graded(record=student_view(record, reveal), grade=grade)


def _write_each(
    records: Sequence[Graded], form: str, out: Path | None, language: Language, *, quiet: bool
) -> None:
    """A file a record in `out`, with an index; a single one goes to stdout where there is no `out`."""
    if out is None:
        if len(records) != 1:
            raise InputError(
                f"--format {form} is a file a submission, and {len(records)} were asked for: give --out DIR"
            )
        output.result(_json(_one(records[0], form, language)).decode())
        return
    index = [["exercise", "student", "attempt", "file"]]
    for one in records:
        record = one.record
        path = Path(record.exercise) / student_key(record.student) / _EACH[form]
        write_whole(out / path, _json(_one(one, form, language)))
        index.append([record.exercise, sheets.defused(record.student), str(record.attempt), path.as_posix()])
    write_whole(out / f"{form}.csv", sheets.written(index).encode())
    if not quiet:
        output.line(f"{len(records)} files in {str(out)!r}; {form}.csv says whose they are")


def _one(one: Graded, form: str, language: Language) -> dict[str, Any]:
    if form == "gradescope":
        return gradescope.results(one.record, language=language, grade=one.grade)
    return classroom50.result(one.record, language=language, environment=os.environ)


def _json(value: dict[str, Any]) -> bytes:
    return msgspec.json.format(msgspec.json.encode(value), indent=1) + b"\n"


def _write(data: bytes, out: Path | None, name: str, *, bom: bool = False, quiet: bool) -> None:
    """To stdout, or to the file `name` in `out`: there with a mark by which Excel knows UTF-8, if `bom`."""
    if out is None:
        output.result(data.decode())
        return
    write_whole(out / name, b"\xef\xbb\xbf" + data if bom else data)
    if not quiet:
        output.line(str(out / name))
