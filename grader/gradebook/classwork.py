"""What a class did with an exercise, read from the book for its statistics.

Which attempt counts is the course's policy. Only the records of those are read.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final, TypeVar

import msgspec
from sqlalchemy import Connection, Label, LargeBinary, cast, func, select

from grader.core.classwork import Classwork, Waiting, Work, share
from grader.core.course import Exercise
from grader.core.glance import Glance, glance
from grader.core.record import Record, Text, decode
from grader.errors import MachineError
from grader.gradebook import ledger as ledgers
from grader.gradebook.book import Gradebook, stands
from grader.gradebook.grades import grade_of
from grader.gradebook.schema import attempts, records, students

Read = TypeVar("Read")

_CHUNK: Final = 500  # ids in a query: databases bound their number


def read(book: Gradebook, exercise: Exercise) -> Classwork:
    """The class's work at an exercise; MachineError if a record in the book is damaged."""
    ledger = ledgers.read(book, exercise=exercise.id)
    counting: dict[str, int] = {}
    shares: dict[str, tuple[float, ...]] = {}
    for student in ledger.students:
        if handed := ledger.handed.get((student.id, exercise.id)):
            grade = grade_of(exercise, student.id, ledger)
            if grade.attempt is not None:
                counting[student.id] = grade.attempt
                by_time = sorted(handed, key=lambda one: (one.submitted_utc, one.number))
                shares[student.id] = tuple(share(one.score, one.max_score) for one in by_time)
    with book.database.reading() as connection:
        ids = _record_ids(connection, exercise.id, counting)
        works = [
            Work(glance=seen, shares=shares[student])
            for student, seen in zip(ids, _glances(connection, list(ids.values())), strict=True)
        ]
        examples = tuple(_examples(connection, works, ids))
        waiting = _waiting(connection, exercise.id)
    here = {*counting, *(one.student for one in waiting)}
    return Classwork(
        works=tuple(works),
        names={one.id: one.full_name for one in ledger.students if one.full_name},
        waiting=tuple(waiting),
        absent=tuple(one.id for one in ledger.students if one.id not in here),
        examples=examples,
    )


def _record_ids(connection: Connection, exercise: str, counting: Mapping[str, int]) -> dict[str, int]:
    """The record that stands of each student's attempt that counts, by student in Python's order."""
    query = stands(students.c.name, attempts.c.number, records.c.id).where(attempts.c.exercise == exercise)
    found = {row.name: row.id for row in connection.execute(query) if counting.get(row.name) == row.number}
    return {student: found[student] for student in sorted(found)}


def _glances(connection: Connection, ids: Sequence[int]) -> Iterator[Glance]:
    """Glances at these records, in this order."""
    for start in range(0, len(ids), _CHUNK):
        part = ids[start : start + _CHUNK]
        query = select(records.c.id, _utf8(connection)).where(records.c.id.in_(part))
        found = {row.id: _whole(glance, bytes(row.utf8)) for row in connection.execute(query)}
        yield from (found[id] for id in part)


def _utf8(connection: Connection) -> Label[bytes]:
    """The column of records, in bytes: making text of megabytes and bytes again takes as long as reading."""
    if connection.dialect.name == "sqlite":
        return cast(records.c.record, LargeBinary).label("utf8")
    return func.convert_to(records.c.record, "UTF8", type_=LargeBinary).label("utf8")


def _whole(read: Callable[[bytes], Read], data: bytes) -> Read:
    """What `read` makes of a record; MachineError where it is damaged."""
    try:
        return read(data)
    except msgspec.MsgspecError as e:
        raise MachineError(
            f"gradebook: a record in it is damaged: {e}; restore the book from a backup"
        ) from e


def _examples(connection: Connection, works: Sequence[Work], ids: Mapping[str, int]) -> Iterator[Record]:
    """The newest record of each suite, in the order in which they were made."""
    newest: dict[str, int] = {}
    for work in works:
        suite = work.glance.digests.suite
        newest[suite] = max(newest.get(suite, 0), ids[work.student])
    for id in sorted(newest.values()):
        text = connection.execute(select(records.c.record).where(records.c.id == id)).scalar_one()
        yield _whole(decode, text.encode())


def _waiting(connection: Connection, exercise: str) -> list[Waiting]:
    """Attempts that were never graded, with the newest reason."""
    newest = (
        select(func.max(records.c.id))
        .where(records.c.attempt_id == attempts.c.id)
        .correlate(attempts)
        .scalar_subquery()
    )
    joined = students.join(attempts).join(records, records.c.id == newest)
    query = (
        select(students.c.name, records.c.record)
        .select_from(joined)
        .where(attempts.c.exercise == exercise, attempts.c.number.is_(None))
    )
    unknown = Text(en="the grader failed", ko="채점기에 문제가 있었습니다")
    found = [
        Waiting(student=row.name, why=_whole(glance, row.record.encode()).reason or unknown)
        for row in connection.execute(query)
    ]
    return sorted(found, key=lambda one: one.student)
