"""Who is in the class: `roster.csv`, and whose work a submission is by what its name says.

Matching is strict: work goes to a student only if one student fits. What fits nobody, or two, is for the
instructor to decide.
"""

import csv
import io
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from grader.core.submission import check_student
from grader.errors import InputError, SubmissionError

FILE: Final = "roster.csv"
MAX_BYTES: Final = 16 * 2**20

_COLUMNS: Final = {
    "id": ("id", "student_id", "student id", "sid", "학번"),
    "name": ("name", "full_name", "full name", "student", "이름", "성명"),
    "email": ("email", "e-mail", "email address", "이메일", "메일"),
    "section": ("section", "분반"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Student:
    """A line of the roster."""

    id: str
    name: str = ""
    email: str = ""
    section: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Author:
    """What a download says of whose work something is; any of it may be empty."""

    key: str = ""
    """What an id is written as: the name of a folder or of a file, Gradescope's sid."""
    name: str = ""
    """A full name, or one as Canvas writes it: `doejane`."""
    email: str = ""
    platform_id: str = ""
    """The learning platform's own number of the person."""

    @property
    def shown(self) -> str:
        """What to call the author where nobody knows better."""
        named = self.name or self.key or self.email
        return f"{named} ({self.platform_id})" if named and self.platform_id else named or self.platform_id


class Roster:
    """The students of a class."""

    def __init__(self, students: Iterable[Student]) -> None:
        self.students = list(students)
        self._ids = {_fold(student.id): student for student in self.students}
        self._emails: dict[str, list[Student]] = {}
        self._names: dict[str, list[Student]] = {}
        for student in self.students:
            if student.email:
                email = _fold(student.email)
                for word in {email, email.partition("@")[0]}:
                    self._emails.setdefault(word, []).append(student)
            for form in set(_forms(student.name)):
                self._names.setdefault(form, []).append(student)

    def find(self, author: Author) -> Student:
        """The one student whose work it is; SubmissionError if there is none, or more than one."""
        for table, words in (
            (self._ids, (author.key,)),
            (self._emails, (author.email, author.key)),
            (self._names, (author.name, author.key)),
        ):
            for word in words:
                found = table.get(_fold(word) if table is not self._names else _letters(word))
                if isinstance(found, Student):
                    return found
                if found:
                    return self._only(found, author)
        nameless = self._ids.get(_fold(author.platform_id))
        # A number of the platform's may be another student's number in the roster: a name would tell.
        if nameless is not None and not nameless.name:
            return nameless
        raise SubmissionError(
            f"{author.shown!r} is nobody in the roster: add a line, or name the folder by an id that is in it"
        )

    def _only(self, found: list[Student], author: Author) -> Student:
        if len(found) > 1:
            found = [one for one in found if author.platform_id == one.id] or found
        if len(found) > 1:
            ids = ", ".join(student.id for student in found[:5])
            raise SubmissionError(
                f"{author.shown!r} can be {len(found)} students of the roster ({ids}): "
                "name the folder by the id"
            )
        return found[0]


def read(path: Path) -> Roster:
    """The roster in a CSV file with a column `id`, and `name`, `email`, `section` where there are such."""
    what = f"roster {str(path)!r}"
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as e:
        raise InputError(f"{what} cannot be read: {(e.strerror or str(e)).lower()}") from e
    if len(data) > MAX_BYTES:
        raise InputError(f"{what} is over {MAX_BYTES // 2**20} MiB: is it the roster?")
    try:
        return Roster(_students(_decoded(data, what), what))
    except csv.Error as e:
        raise InputError(f"{what} is no CSV: {e}") from e


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
    columns = _columns(next(lines, []), what)
    seen: dict[str, int] = {}
    for row in lines:
        if not any(cell.strip() for cell in row):
            continue
        cells = {name: row[at].strip() if at < len(row) else "" for name, at in columns.items()}
        where = f"{what}, line {lines.line_num}"
        try:
            cells["id"] = check_student(cells["id"])
        except SubmissionError as e:
            raise InputError(f"{where}: {e}") from e
        first = seen.setdefault(_fold(cells["id"]), lines.line_num)
        if first != lines.line_num:
            raise InputError(
                f"{where}: id {cells['id']!r} is that of line {first} already: give each its own"
            )
        yield Student(**cells)


def _columns(head: list[str], what: str) -> dict[str, int]:
    words = [cell.strip().lower() for cell in head]
    columns = {
        name: next(at for at, word in enumerate(words) if word in known)
        for name, known in _COLUMNS.items()
        if not set(known).isdisjoint(words)
    }
    if "id" not in columns:
        raise InputError(
            f"{what}: its first line has no column 'id': write 'id,name,email,section' there, "
            f"got {head[:6]!r}"
        )
    return columns


def _fold(text: str) -> str:
    return unicodedata.normalize("NFC", text).strip().casefold()


def _letters(name: str) -> str:
    """A name as Canvas folds it: letters and digits only."""
    return "".join(c for c in unicodedata.normalize("NFKC", name).casefold() if c.isalnum())


def _forms(name: str) -> Iterator[str]:
    """`Jane Mary Doe` and `Doe, Jane Mary` as one may find them: any word may begin the family name."""
    words = [folded for word in name.replace(",", " ").split() if (folded := _letters(word))]
    for start in range(len(words)):
        yield "".join(words[start:] + words[:start])
