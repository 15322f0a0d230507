"""Canvas's own export of its gradebook, filled: it has the ids that Canvas goes by."""

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from grader.core.course import Exercise
from grader.errors import InputError
from grader.gradebook.export.sheets import EXCUSED, canvas_title, defused, number, written
from grader.gradebook.grades import Row

MAX_BYTES = 20 * 2**20
_ABOUT = ("Student", "ID", "SIS User ID", "SIS Login ID", "Integration ID", "Root Account", "Section")
_POSSIBLE = "Points Possible"
_TITLE = re.compile(r"(?P<title>.*?)\s*(\((?P<id>\d+)\))?", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """The table to import, and what whoever imports it should know."""

    text: str
    notes: tuple[str, ...]


def filled(template: bytes, rows: Sequence[Row], exercises: Sequence[Exercise]) -> Filled:
    """The columns of `exercises` in Canvas's export with the scores of the book.

    A score that the book does not have leaves what Canvas has. Where Canvas counts an assignment in other
    points, scores are brought to those. InputError for a file that is no such export, and for an exercise
    without a column of its own.
    """
    lines = _lines(template)
    head = lines[0]
    columns = {e.id: _column(e, head) for e in exercises}
    about = [place for place, name in enumerate(head) if name in _ABOUT]
    possible = next((line for line in lines if line[0].strip() == _POSSIBLE), None)
    notes: list[str] = []
    scales: dict[str, Fraction] = {}
    for e in exercises:
        whole = _points(possible[columns[e.id]] if possible else "")
        scales[e.id] = whole / e.points if whole else Fraction(1)
        if scales[e.id] != 1:
            notes.append(f"{e.id}: Canvas counts {number(float(whole or 0))} points, not {e.points}: scaled")
    by_name = _by_name(rows)
    used: set[str] = set()
    made = [[head[place] for place in [*about, *columns.values()]]]
    for line in lines[1:]:
        row = None if _is_heading(line) else _find(line, head, by_name)
        cells = [cell if _is_heading(line) else defused(cell) for cell in (line[place] for place in about)]
        for e in exercises:
            old = line[columns[e.id]]
            cells.append(_kept(old) if row is None else _score(row, e, scales[e.id], old))
        if row is not None:
            used.add(row.student.id)
        elif not _is_heading(line):
            notes.append(f"not in the gradebook, left as it was: {line[0]!r}")
        made.append(cells)
    notes += [f"not in Canvas's file: {row.student.id!r}" for row in rows if row.student.id not in used]
    return Filled(text=written(made), notes=tuple(notes))


def _lines(template: bytes) -> list[list[str]]:
    """The table's lines, all of the head's length; InputError unless it is Canvas's."""
    if len(template) > MAX_BYTES:
        raise InputError(
            f"the template is over {MAX_BYTES // 2**20} MiB: give Canvas's export of the gradebook"
        )
    try:
        text = template.decode("utf-8-sig")
    except UnicodeDecodeError as e:
        raise InputError("the template is not UTF-8: give Canvas's export as it was downloaded") from e
    first = text.partition("\n")[0]
    delimiter = ";" if first.count(";") > first.count(",") else ","
    try:
        lines = [line for line in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter) if any(line)]
    except csv.Error as e:
        raise InputError(f"the template is no CSV: {e}") from e
    if not lines or "Student" not in lines[0] or "ID" not in lines[0]:
        raise InputError(
            "the template is no export of Canvas's gradebook: its first line must have 'Student' and 'ID'"
        )
    size = len(lines[0])
    return [[*line[:size], *[""] * (size - len(line))] for line in lines]


def _column(exercise: Exercise, head: Sequence[str]) -> int:
    """Where the exercise stands: a title that is one of its names, or begins with its number."""
    title = exercise.title
    names = {exercise.id, exercise.name, exercise.number, title.en, title.ko, canvas_title(exercise)}
    names = {name.casefold() for name in names}
    begins = re.compile(rf"{exercise.number}(?![0-9a-z])", re.IGNORECASE)
    titles = {place: _bare(name) for place, name in enumerate(head) if name not in _ABOUT}
    found = [place for place, name in titles.items() if name.casefold() in names]
    found = found or [place for place, name in titles.items() if begins.match(name)]
    if len(found) == 1:
        return found[0]
    many = " and ".join(repr(head[place]) for place in found)
    raise InputError(
        f"Canvas's file has {'several columns' if found else 'no column'} for {exercise.id}"
        + (f" ({many}): keep one" if found else f": name the assignment {canvas_title(exercise)!r} there")
        + ", or name the exercises to export"
    )


def _bare(name: str) -> str:
    match = _TITLE.fullmatch(name)
    return match["title"].strip() if match else name


def _is_heading(line: Sequence[str]) -> bool:
    """Points possible, and Canvas's line that says which assignments are posted by hand."""
    return line[0].strip() in ("", _POSSIBLE)


def _by_name(rows: Sequence[Row]) -> dict[str, Row]:
    """Rows by what Canvas may know a student as; what names two names none. Ids go before names."""
    found: dict[str, Row] = {}
    for key in ("email", "full_name"):
        seen: dict[str, Row | None] = {}
        for row in rows:
            if value := getattr(row.student, key):
                seen[value.casefold()] = None if value.casefold() in seen else row
        found = {**{k: row for k, row in seen.items() if row is not None}, **found}
    return {**found, **{row.student.id.casefold(): row for row in rows}}


def _find(line: Sequence[str], head: Sequence[str], by_name: dict[str, Row]) -> Row | None:
    for name in ("SIS User ID", "SIS Login ID", "ID", "Student"):
        value = line[head.index(name)].strip().casefold() if name in head else ""
        if value in by_name:
            return by_name[value]
        if name == "Student" and value.count(",") == 1:  # Canvas may list the family name first
            family, given = (part.strip() for part in value.split(","))
            return by_name.get(f"{given} {family}")
    return None


def _score(row: Row, exercise: Exercise, scale: Fraction, old: str) -> str:
    grade = row.grades[exercise.id]
    if grade.excused:
        return EXCUSED
    return _kept(old) if grade.points is None else number(float(Fraction(grade.points) * scale))


def _kept(cell: str) -> str:
    """A cell as Canvas had it: a number may be negative."""
    try:
        float(cell)
    except ValueError:
        return defused(cell)
    return cell


def _points(text: str) -> Fraction | None:
    """Points possible; None where Canvas says none (or `(read only)`)."""
    try:
        value = Fraction(text.strip())
    except (ValueError, ZeroDivisionError):
        return None
    return value if value > 0 else None
