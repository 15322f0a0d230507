"""Who is in the class: `roster.csv`, with the columns id, name, email, section, and any others.

Read whole or refused with its line: both for grading a class and for taking it into the gradebook.
"""

import csv
import io
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from grader.core.submission import check_student
from grader.errors import InputError, SubmissionError

FILE: Final = "roster.csv"
MAX_BYTES: Final = 16 * 2**20
MAX_TEXT: Final = 200  # characters of a name, an address, a section: as the gradebook's columns have

_COLUMNS: Final = {
    "id": ("id", "student_id", "student id", "sid", "학번"),
    "name": ("name", "full_name", "full name", "student", "이름", "성명"),
    "email": ("email", "e-mail", "email address", "이메일", "메일"),
    "section": ("section", "분반"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Student:
    """A line of the roster; what it does not say is empty."""

    id: str
    name: str = ""
    email: str = ""
    section: str = ""


def read(path: Path) -> list[Student]:
    """The students of a roster, in its order; InputError says which line cannot be taken, and why."""
    what = f"roster {str(path)!r}"
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as e:
        raise InputError(f"{what} cannot be read: {(e.strerror or str(e)).lower()}") from e
    if len(data) > MAX_BYTES:
        raise InputError(f"{what} is over {MAX_BYTES // 2**20} MiB: is it the roster?")
    try:
        return list(_students(_decoded(data, what), what))
    except csv.Error as e:
        raise InputError(f"{what} is no CSV: {e}") from e


def fold(word: str) -> str:
    """An id or an address as it is compared: however it is composed, and in capitals or not."""
    return unicodedata.normalize("NFC", word).strip().casefold()


def _decoded(data: bytes, what: str) -> str:
    """Spreadsheets write UTF-8 with a mark in front, or the encoding of their country."""
    for encoding in ("utf-8-sig", "cp949"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise InputError(f"{what} is not UTF-8: save it as 'CSV UTF-8'")


def _students(text: str, what: str) -> Iterator[Student]:
    head = text.partition("\n")[0]
    separator = max(",;\t", key=head.count)
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    names = next(lines, [])
    columns = _columns(names, what)
    seen: dict[str, int] = {}
    for row in lines:
        if not any(cell.strip() for cell in row):
            continue
        where = f"{what}, line {lines.line_num}"
        if any(cell.strip() for cell in row[len(names) :]):
            raise InputError(f"{where}: {len(row)} cells, but the first line names {len(names)} columns")
        cells = {name: row[at].strip() if at < len(row) else "" for name, at in columns.items()}
        for name, cell in cells.items():
            if name != "id" and (len(cell) > MAX_TEXT or not cell.isprintable()):
                raise InputError(f"{where}: {name} has to be at most {MAX_TEXT} printable characters")
        try:
            cells["id"] = check_student(cells["id"])
        except SubmissionError as e:
            raise InputError(f"{where}: {e}") from e
        first = seen.setdefault(fold(cells["id"]), lines.line_num)
        if first != lines.line_num:
            raise InputError(
                f"{where}: id {cells['id']!r} is that of line {first} already: give each its own"
            )
        yield Student(**cells)


def _columns(head: list[str], what: str) -> dict[str, int]:
    """Where each column is."""
    columns: dict[str, int] = {}
    for at, word in enumerate(cell.strip().lower() for cell in head):
        for name, known in _COLUMNS.items():
            if word in known and columns.setdefault(name, at) != at:
                both = f"{head[columns[name]]!r} and {head[at]!r}"
                raise InputError(f"{what}: its first line has two columns for the {name}, {both}: leave one")
    if "id" not in columns:
        raise InputError(
            f"{what}: its first line has no column 'id': write 'id,name,email,section' there, "
            f"got {','.join(head)[:200]!r}"
        )
    return columns
