"""Tables for spreadsheets and for the gradebooks of Canvas and Moodle, as CSV.

Names, ids and titles are other people's text: what a spreadsheet would run as a formula gets an apostrophe in
front, and what cannot be seen is written out.
"""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import replace

from grader.core.course import Exercise
from grader.core.policy import Grade
from grader.core.seeds import pseudonym
from grader.core.text import visible
from grader.gradebook.grades import Row
from grader.gradebook.ledger import Student

_FORMULA = frozenset("=+-@\t\r\n＝＋－＠")
EXCUSED = "EX"


def defused(text: str) -> str:
    """The text as a cell that no spreadsheet takes for a formula."""
    text = visible(text, one_line=True)
    begins = text.lstrip()[:1]
    return f"'{text}" if begins and begins in _FORMULA else text


def number(points: float) -> str:
    """Points as these tables have them: two decimals at most."""
    return f"{points:.2f}".rstrip("0").rstrip(".")


def written(rows: Iterable[Sequence[str]]) -> str:
    """Rows as CSV; cells must have been made harmless."""
    page = io.StringIO()
    csv.writer(page, lineterminator="\n").writerows(rows)
    return page.getvalue()


def without_names(rows: Sequence[Row], secret: bytes) -> list[Row]:
    """The rows under pseudonyms, in the order of these, which tells nothing of the names."""
    hidden = [replace(row, student=Student(id=pseudonym(secret, row.student.id))) for row in rows]
    return sorted(hidden, key=lambda row: row.student.id)


def plain(rows: Sequence[Row], exercises: Sequence[Exercise]) -> str:
    """One row a student: who, the points of each exercise, and the total of the course.

    A blank is no score, `EX` excused.
    """
    head = ["student", "name", "email", "section", *(e.id for e in exercises), "total", "max_total"]
    return written(
        [
            head,
            *(
                [
                    *map(defused, _about(row.student)),
                    *(_cell(row.grades[e.id], blank="") for e in exercises),
                    number(row.total.points),
                    number(row.total.max_points),
                ]
                for row in rows
            ),
        ]
    )


def canvas(rows: Sequence[Row], exercises: Sequence[Exercise]) -> str:
    """What Canvas's gradebook imports; assignments are found there by their titles, or made.

    Canvas finds students by SIS user id or login id. With its own export as template, see `canvas.filled`.
    """
    head = ["Student", "ID", "SIS User ID", "SIS Login ID", "Section"]
    lines = [
        [*head, *(defused(canvas_title(e)) for e in exercises)],
        ["    Points Possible", "", "", "", "", *(str(e.points) for e in exercises)],
    ]
    for row in rows:
        who = row.student
        about = [who.full_name or who.id, "", who.id, who.id, who.section or ""]
        lines.append(
            [*map(defused, about), *(_cell(row.grades[e.id], blank="", excused=EXCUSED) for e in exercises)]
        )
    return written(lines)


def canvas_title(exercise: Exercise) -> str:
    """What an assignment is called in Canvas: number and title."""
    return f"{exercise.number} {exercise.title.en}"


def moodle(rows: Sequence[Row], exercises: Sequence[Exercise]) -> str:
    """What Moodle's grade import takes: students by ID number, username or email address.

    `-` is no grade; Moodle knows no excuse, so an excused student has none.
    """
    head = ["ID number", "Username", "Email address", *(defused(canvas_title(e)) for e in exercises)]
    return written(
        [
            head,
            *(
                [
                    *map(defused, (row.student.id, row.student.id, row.student.email or "")),
                    *(_cell(row.grades[e.id], blank="-", excused="-") for e in exercises),
                ]
                for row in rows
            ),
        ]
    )


def _about(student: Student) -> tuple[str, ...]:
    return (student.id, student.full_name or "", student.email or "", student.section or "")


def _cell(grade: Grade, *, blank: str, excused: str = EXCUSED) -> str:
    if grade.excused:
        return excused
    return blank if grade.points is None else number(grade.points)
