"""A roster: who is in the class, as a CSV file with the columns id, name, email, section, and any others."""

import csv
import io
from pathlib import Path

from grader.core.submission import check_student
from grader.errors import InputError, SubmissionError
from grader.gradebook.ledger import Student

MAX_BYTES = 10 * 2**20
MAX_TEXT = 200  # characters, as the book's columns have
_COLUMNS = {
    "id": ("id", "student_id", "student id", "sid", "학번"),
    "name": ("name", "full_name", "full name", "student", "이름", "성명"),
    "email": ("email", "e-mail", "email address", "이메일", "메일"),
    "section": ("section", "분반"),
}


def read(file: Path) -> list[Student]:
    """The students of a roster; InputError says which line cannot be taken, and why."""
    what = repr(str(file))
    try:
        data = file.read_bytes()
    except OSError as e:
        raise InputError(f"roster {what} cannot be read: {(e.strerror or str(e)).lower()}") from e
    if len(data) > MAX_BYTES:
        raise InputError(f"roster {what} is over {MAX_BYTES // 2**20} MiB: give the class only")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as e:
        raise InputError(f"roster {what} is not UTF-8 (byte {e.start}): save it as UTF-8") from e
    try:
        return _students(what, text)
    except csv.Error as e:
        raise InputError(f"roster {what} is no CSV: {e}") from e


def _students(what: str, text: str) -> list[Student]:
    lines = csv.reader(io.StringIO(text, newline=""), strict=True)
    written = [name.strip().lower() for name in next(lines, [])]
    called = {name: column for column, names in _COLUMNS.items() for name in names}
    head = [called.get(name, "") for name in written]
    if head.count("id") != 1 or any(head.count(column) > 1 for column in _COLUMNS):
        raise InputError(
            f"roster {what}: the first line must name the columns id, name, email, section (id at least), "
            f"each once, got {', '.join(written)[:200]!r}"
        )
    students: dict[str, Student] = {}
    for line in lines:
        if not any(cell.strip() for cell in line):
            continue
        where = f"roster {what}, line {lines.line_num}"
        if len(line) > len(head):
            raise InputError(f"{where}: {len(line)} cells, but the first line names {len(head)} columns")
        cells = {name: cell.strip() for name, cell in zip(head, line, strict=False)}
        for name in ("name", "email", "section"):
            text = cells.get(name, "")
            if len(text) > MAX_TEXT or (text and not text.isprintable()):
                raise InputError(f"{where}: {name} has to be at most {MAX_TEXT} printable characters")
        try:
            id = check_student(cells["id"])
        except SubmissionError as e:
            raise InputError(f"{where}: {e}") from e
        if id in students:
            raise InputError(f"{where}: student {id!r} stands there twice")
        students[id] = Student(
            id=id,
            full_name=cells.get("name") or None,
            email=cells.get("email") or None,
            section=cells.get("section") or None,
        )
    return list(students.values())
