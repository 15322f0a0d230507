"""Where students stand, as `grade book` shows it: tables, and JSON with every attempt and decision."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec

from grader.cli import output
from grader.cli.options import student_id
from grader.core.course import Course, Exercise
from grader.core.policy import Extension, Grade, Override
from grader.core.submission import utc
from grader.core.text import visible
from grader.gradebook import Gradebook, decisions, ledger, regrading
from grader.gradebook.grades import Row, rows
from grader.gradebook.ledger import Decision
from grader.gradebook.regrading import Regrade
from grader.report.numbers import points

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

NAME = 24  # characters of a name or an id that the tables show
COLUMN = 10  # columns of the terminal that an exercise takes, and about what the total takes more


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What is shown: rows of students, and decisions on them that stand; of one student all there were."""

    course: Course
    exercises: Sequence[Exercise]
    rows: Sequence[Row]
    decisions: Sequence[Decision]
    regrades: Sequence[Regrade]
    """Of one student."""
    student: str | None


def local(moment: datetime) -> str:
    """A time in this machine's time zone."""
    return f"{moment.astimezone():%Y-%m-%d %H:%M %Z}"


def view(book: Gradebook, course: Course, exercises: Sequence[Exercise], student: str | None) -> View:
    """What is to be shown; InputError for a student whom the book does not know."""
    if student is not None:
        student = student_id(student)
        with book.database.reading() as connection:
            decisions.student_id(connection, student)
    kept = ledger.read(book, student=student)
    ids = {e.id for e in exercises}
    made = ledger.history(book, student) if student else [*kept.overrides.values(), *kept.extensions.values()]
    return View(
        course=course,
        exercises=exercises,
        rows=rows(course, kept, exercises),
        decisions=[one for one in made if one.exercise in ids],
        regrades=[one for one in regrading.history(book, student=student) if one.exercise in ids]
        if student
        else [],
        student=student,
    )


def confirm(book: Gradebook, course: Course, exercise: Exercise, student: str, *, quiet: bool) -> None:
    """A line on where the student stands now."""
    if quiet:
        return
    (row,) = view(book, course, [exercise], student).rows
    grade = row.grades[exercise.id]
    standing = "excused" if grade.excused else "no score" if grade.points is None else points(grade.points)
    words = f"{exercise.id} · {_short(row.student.id)}: {standing}"
    if grade.points is not None:
        words += f" of {exercise.points}"
    if grade.due_utc != exercise.due_utc and grade.due_utc:
        words += f", due {local(grade.due_utc)}"
    if grade.limit is not None:
        words += f", {grade.limit} attempts"
    output.line(words)


def as_json(view: View) -> str:
    """All of it, with every attempt and every decision."""
    data = {
        "exercises": [
            {"id": e.id, "points": e.points, "due_utc": e.due_utc and utc(e.due_utc), "policy": e.policy}
            for e in view.exercises
        ],
        "drop_lowest": view.course.drop_lowest,
        "students": [
            {
                "student": row.student.id,
                "name": row.student.full_name,
                "email": row.student.email,
                "section": row.student.section,
                "total": row.total,
                "grades": {id: _grade_json(grade, id in row.not_graded) for id, grade in row.grades.items()},
            }
            for row in view.rows
        ],
        "decisions": [_decision_json(one) for one in view.decisions],
        "regrades": view.regrades,
    }
    return msgspec.json.format(msgspec.json.encode(data), indent=1).decode() + "\n"


def _grade_json(grade: Grade, waits: bool) -> dict[str, Any]:
    due = grade.due_utc and utc(grade.due_utc)
    return {**asdict(grade), "due_utc": due, "days_late": grade.days_late, "not_graded": waits}


def _decision_json(one: Decision) -> dict[str, Any]:
    kind = "extension" if isinstance(one.what, Extension) else "override"
    what: dict[str, Any] = {"withdrawn": one.what in (None, Extension())}
    if isinstance(one.what, Override):
        what |= {"points": one.what.points, "excused": one.what.points is None}
    elif isinstance(one.what, Extension):
        what |= {"due_utc": one.what.due_utc and utc(one.what.due_utc), "attempts": one.what.attempts}
    return {
        "student": one.student, "exercise": one.exercise, "kind": kind, **what,
        "author": one.author, "reason": one.reason, "made_utc": one.made_utc,
    }  # fmt: skip


def show(view: View, console: "Console", *, detailed: bool) -> None:
    """The view as tables: the class, one exercise in detail, or one student."""
    if not view.rows:
        console.print("no students in the gradebook yet", highlight=False)
        return
    if view.student is not None:
        _student(view, console)
    elif detailed:
        _exercise(view, console)
    else:
        _class(view, console)


_MARKS = {"*": "set by staff", "†": "late", "…": "a submission waits to be graded", "–": "nothing handed in"}


def _standing(row: Row, id: str) -> str:
    """Points with marks."""
    grade = row.grades[id]
    if grade.excused:
        return "EX"
    text = "–" if grade.points is None else points(grade.points)
    if id in row.not_graded:
        text = "…" if grade.points is None else f"{text}…"
    if grade.overridden:
        return f"{text}*"
    return f"{text}†" if grade.days_late else text


def _class(view: View, console: "Console") -> None:
    """Students by exercises, in as many tables below each other as the width asks for."""
    names = [_short(row.student.id) for row in view.rows]
    empty = [e for e in view.exercises if all(_standing(row, e.id) == "–" for row in view.rows)]
    shown = [e for e in view.exercises if e not in empty]
    room = max(1, (console.width - max(map(output.columns_of, names))) // COLUMN)
    for start in range(0, max(1, len(shown)), room):
        part = shown[start : start + room]
        last = start + room >= len(shown)
        table = _table("student", *(f">{e.number}" for e in part), *([">total"] if last else []))
        for name, row in zip(names, view.rows, strict=True):
            total = f"{points(row.total.points)}/{points(row.total.max_points)}"
            table.add_row(*_cells(name, *(_standing(row, e.id) for e in part), *([total] if last else [])))
        console.print(table)
    _legend([_standing(row, e.id) for row in view.rows for e in shown], console)
    if empty:
        console.print(f"nothing handed in yet: {', '.join(e.number for e in empty)}", highlight=False)
    many = len(view.rows)
    console.print(f"{many} student{'' if many == 1 else 's'}", highlight=False)


def _exercise(view: View, console: "Console") -> None:
    (exercise,) = view.exercises
    due = f", due {local(exercise.due_utc)}" if exercise.due_utc else ""
    console.print(f"{exercise.id}: {exercise.points} points{due}", highlight=False)
    notes = {one.student: _what(one) for one in view.decisions}
    table = _table("student", "name", ">points", ">attempt", ">late", "note")
    for row in view.rows:
        grade = row.grades[exercise.id]
        note = visible(notes.get(row.student.id, ""), 200, one_line=True)
        table.add_row(
            *_cells(
                _short(row.student.id),
                _short(row.student.full_name or ""),
                _standing(row, exercise.id),
                _attempts(grade),
                _days(grade),
                note,
            )
        )
    console.print(table)
    _legend([_standing(row, exercise.id) for row in view.rows], console)


def _student(view: View, console: "Console") -> None:
    (row,) = view.rows
    who = [row.student.id, row.student.full_name, row.student.email, row.student.section]
    heading = " · ".join(visible(text, 100, one_line=True) for text in who if text)
    total = f"{points(row.total.points)} of {points(row.total.max_points)}"
    console.print(f"{heading} · total: {total}", highlight=False, markup=False)
    table = _table("exercise", ">points", ">of", ">attempt", ">late", "due")
    for e in view.exercises:
        grade = row.grades[e.id]
        dropped = " (dropped)" if e.id in row.total.dropped else ""
        due = local(grade.due_utc) if grade.due_utc else ""
        cells = (e.id + dropped, _standing(row, e.id), str(e.points), _attempts(grade), _days(grade), due)
        table.add_row(*_cells(*cells))
    console.print(table)
    _legend([_standing(row, e.id) for e in view.exercises], console)
    lines = [(one.made_utc, one.exercise, _what(one)) for one in view.decisions]
    lines += [(one.made_utc, one.exercise, _regraded(one)) for one in view.regrades]
    for made_utc, id, what in sorted(lines, key=lambda line: line[0]):
        console.print(
            visible(f"{made_utc}  {id}: {what}", 1500, one_line=True), highlight=False, markup=False
        )


def _table(*columns: str) -> "Table":
    """An empty table; a column that begins with `>` holds numbers."""
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1), pad_edge=False, show_edge=False, highlight=False)
    for name in columns:
        right = name.startswith(">")
        table.add_column(name.removeprefix(">"), justify="right" if right else "left", no_wrap=right)
    return table


def _cells(*texts: str) -> list[Any]:
    """Cells as they are: square brackets in a name are no markup."""
    from rich.text import Text

    styles = {"*": "yellow", "†": "magenta", "…": "red"}
    return [Text(text, style=styles.get(text[-1:], "")) for text in texts]


def _legend(standings: Sequence[str], console: "Console") -> None:
    used = [f"{mark} {words}" for mark, words in _MARKS.items() if any(mark in text for text in standings)]
    if used:
        console.print("   ".join(used), highlight=False, style="dim")


def _attempts(grade: Grade) -> str:
    """Which attempt counts, of how many; and the limit."""
    if not grade.attempts:
        return f"0 (of {grade.limit})" if grade.limit is not None else "0"
    limit = f" (of {grade.limit})" if grade.limit is not None else ""
    return f"{grade.attempt}/{len(grade.attempts)}{limit}"


def _days(grade: Grade) -> str:
    return f"{grade.days_late} d" if grade.days_late else ""


def _what(one: Decision) -> str:
    """A decision in words."""
    what = one.what
    if what is None:
        words = "override withdrawn"
    elif isinstance(what, Override):
        words = "excused" if what.points is None else f"set to {points(what.points)}"
    else:
        given = [f"due {local(what.due_utc)}"] if what.due_utc else []
        given += [f"{what.attempts} attempts more"] if what.attempts else []
        words = ", ".join(given) or "extension withdrawn"
    return f"{words} by {one.author}: {one.reason}"


def _regraded(one: Regrade) -> str:
    """A regrade in words."""
    before = "not graded" if one.before is None else points(one.before)
    turn = f"attempt {one.attempt} regraded, {before} → {points(one.after)} of {points(one.max_score)}"
    return f"{turn}, by {one.author}: {one.reason}"


def _short(text: str) -> str:
    return visible(text, NAME, one_line=True)
