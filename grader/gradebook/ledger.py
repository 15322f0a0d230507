"""The whole class at one moment: who there is, what was handed in, what staff decided."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from grader.core.policy import Extension, Handed, Override
from grader.gradebook.book import Gradebook, stands
from grader.gradebook.schema import attempts, extensions, overrides, records, students

Key = tuple[str, str]
"""Student and exercise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Student:
    """A student, with what a roster said of them."""

    id: str
    full_name: str | None = None
    email: str | None = None
    section: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What staff decided of one student in one exercise, and why."""

    student: str
    exercise: str
    what: Override | Extension | None
    """None for an override that was withdrawn; an extension is withdrawn by an empty one."""
    author: str
    reason: str
    made_utc: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """All that grades are computed from."""

    students: tuple[Student, ...]
    """By id."""
    handed: Mapping[Key, tuple[Handed, ...]]
    not_graded: frozenset[Key]
    """Where a submission waits to be graded, since the grader broke."""
    overrides: Mapping[Key, Decision]
    """Those that stand."""
    extensions: Mapping[Key, Decision]


def read(book: Gradebook, *, student: str | None = None, exercise: str | None = None) -> Ledger:
    """The ledger of the book, or of one student in it; of attempts, those at one exercise if it is named."""
    with book.database.reading() as connection:
        return _read(connection, student, exercise)


def history(book: Gradebook, student: str) -> list[Decision]:
    """All decisions on a student, those that no longer stand included, in order of time."""
    with book.database.reading() as connection:
        made = [*_overrides(connection, student), *_extensions(connection, student)]
    return sorted(made, key=lambda decision: decision.made_utc)


def moment(text: str) -> datetime:
    """A time as the book writes it."""
    return datetime.fromisoformat(text)


def _read(connection: Connection, student: str | None, exercise: str | None) -> Ledger:
    people = select(students).order_by(students.c.name)
    graded = stands(
        students.c.name, attempts.c.exercise, attempts.c.number, attempts.c.submitted_utc, records.c.score,
        records.c.max_score,
    ).order_by(attempts.c.id)  # fmt: skip
    waiting = select(students.c.name, attempts.c.exercise).join(attempts).where(attempts.c.number.is_(None))
    if student is not None:
        people, graded, waiting = (
            query.where(students.c.name == student) for query in (people, graded, waiting)
        )
    if exercise is not None:
        graded, waiting = (query.where(attempts.c.exercise == exercise) for query in (graded, waiting))
    handed: defaultdict[Key, list[Handed]] = defaultdict(list)
    for row in connection.execute(graded):
        handed[row.name, row.exercise].append(
            Handed(
                number=row.number,
                submitted_utc=moment(row.submitted_utc),
                score=row.score,
                max_score=row.max_score,
            )
        )
    # Python's order, not that of a database's collation.
    named = [
        Student(id=r.name, full_name=r.full_name, email=r.email, section=r.section)
        for r in connection.execute(people)
    ]
    return Ledger(
        students=tuple(sorted(named, key=lambda one: one.id)),
        handed={key: tuple(several) for key, several in handed.items()},
        not_graded=frozenset((r.name, r.exercise) for r in connection.execute(waiting)),
        overrides=_standing(_overrides(connection, student)),
        extensions=_standing(_extensions(connection, student)),
    )


def _standing(made: list[Decision]) -> dict[Key, Decision]:
    """The newest decision on each, unless it withdrew the one before."""
    newest = {(one.student, one.exercise): one for one in made}
    return {key: one for key, one in newest.items() if one.what not in (None, Extension())}


def _overrides(connection: Connection, student: str | None) -> list[Decision]:
    query = select(students.c.name, overrides).join(overrides).order_by(overrides.c.id)
    if student is not None:
        query = query.where(students.c.name == student)
    return [
        Decision(
            student=row.name,
            exercise=row.exercise,
            what=None if row.kind == "withdrawn" else Override(points=row.points),
            author=row.author,
            reason=row.reason,
            made_utc=row.made_utc,
        )
        for row in connection.execute(query)
    ]


def _extensions(connection: Connection, student: str | None) -> list[Decision]:
    query = select(students.c.name, extensions).join(extensions).order_by(extensions.c.id)
    if student is not None:
        query = query.where(students.c.name == student)
    return [
        Decision(
            student=row.name,
            exercise=row.exercise,
            what=Extension(due_utc=row.due_utc and moment(row.due_utc), attempts=row.attempts),
            author=row.author,
            reason=row.reason,
            made_utc=row.made_utc,
        )
        for row in connection.execute(query)
    ]
