"""What staff write into the book: overrides, extensions, the roster."""

import difflib
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, Table, insert, select, update

from grader.core.policy import Extension, Override
from grader.core.roster import Student
from grader.core.submission import check_student, utc
from grader.errors import InputError
from grader.gradebook.book import Gradebook
from grader.gradebook.schema import extensions, overrides, students

MAX_REASON = 1000  # characters


def override(
    book: Gradebook, *, student: str, exercise: str, what: Override | None, author: str, reason: str
) -> None:
    """Sets a student's points whatever was handed in, or excuses; None withdraws the override that stands.

    InputError for a student whom the book does not know, or where there is nothing to withdraw.
    """
    kind = "withdrawn" if what is None else "excused" if what.points is None else "points"
    row = {
        "exercise": exercise,
        "kind": kind,
        "points": what.points if what else None,
        **signed(author, reason),
    }
    with book.database.writing() as connection:
        id = student_id(connection, student)
        newest = _newest(connection, overrides, id, exercise)
        if what is None and (newest is None or newest.kind == "withdrawn"):
            raise InputError(f"student {student!r} has no override in {exercise}: nothing was withdrawn")
        connection.execute(insert(overrides).values(student_id=id, **row))


def extend(
    book: Gradebook, *, student: str, exercise: str, what: Extension, author: str, reason: str
) -> None:
    """Gives a student another due date, more attempts, or both, in place of what was given before.

    An empty extension withdraws the one that stands. InputError as `override`.
    """
    row = {
        "exercise": exercise,
        "due_utc": utc(what.due_utc) if what.due_utc else None,
        "attempts": what.attempts,
        **signed(author, reason),
    }
    with book.database.writing() as connection:
        id = student_id(connection, student)
        newest = _newest(connection, extensions, id, exercise)
        if what == Extension() and (newest is None or not (newest.due_utc or newest.attempts)):
            raise InputError(f"student {student!r} has no extension in {exercise}: nothing was withdrawn")
        connection.execute(insert(extensions).values(student_id=id, **row))


def enrol(book: Gradebook, roster: Sequence[Student]) -> int:
    """Takes students in, or what a roster says of those who are; gives back how many are new."""
    new = 0
    with book.database.writing() as connection:
        for one in roster:
            name = check_student(one.id)
            said = {"full_name": one.name, "email": one.email, "section": one.section}
            about = {column: text or None for column, text in said.items()}
            if (
                connection.execute(update(students).where(students.c.name == name).values(about)).rowcount
                == 0
            ):
                connection.execute(insert(students).values(name=name, **about))
                new += 1
    return new


def student_id(connection: Connection, name: str) -> int:
    """The row of a student; InputError, with the nearest name, for one whom the book does not know."""
    found: int | None = connection.execute(select(students.c.id).where(students.c.name == name)).scalar()
    if found is not None:
        return found
    known = list(connection.execute(select(students.c.name)).scalars())
    if close := difflib.get_close_matches(name, known, n=1, cutoff=0.6):
        raise InputError(f"no student {name!r} in the gradebook: did you mean {close[0]!r}?")
    raise InputError(
        f"no student {name!r} in the gradebook: it knows who has handed in, and who stands in a roster "
        "('grade book roster FILE')"
    )


def _newest(connection: Connection, table: Table, id: int, exercise: str) -> Row[Any] | None:
    """The newest decision on a student in an exercise."""
    query = select(table).where(table.c.student_id == id, table.c.exercise == exercise)
    return connection.execute(query.order_by(table.c.id.desc()).limit(1)).first()


def signed(author: str, reason: str) -> dict[str, str]:
    """Author, reason and time; InputError where nobody could read later why it was done."""
    reason = " ".join(reason.split())
    if not reason or len(reason) > MAX_REASON or not reason.isprintable():
        raise InputError(f"reason {reason[:60]!r}: give 1 to {MAX_REASON} printable characters")
    if not 1 <= len(author) <= 128 or not author.isprintable():
        raise InputError(f"author {author[:60]!r}: give 1 to 128 printable characters")
    return {"author": author, "reason": reason, "made_utc": utc()}
