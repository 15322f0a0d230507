"""The gradebook's face: records go in, one transaction each; best scores and attempts come out.

Rules. The same file again is the same attempt, with its first time of submission. The first graded
record of an attempt under a suite stands: handing in again until a time limit happens to hold buys
nothing. A record under another suite replaces it; the old row stays for the history. A submission
that was not graded is kept as a try without number or score, and takes its number when it is graded.
"""

import dataclasses
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple, Self

import msgspec
from sqlalchemy import ColumnElement, Connection, Select, Table, bindparam, func, insert, select

from grader.core.course import Device
from grader.core.hints import Step, opened
from grader.core.record import Record, TimeSource, decode, encode
from grader.core.submission import SourceFile, Submission, utc
from grader.errors import MachineError
from grader.gradebook.database import Database, connect
from grader.gradebook.schema import attempts, files, records, students, submissions


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """What became of a record that was given to the book."""

    attempt: int
    """From 1; 0 if the submission was not graded and so cost no attempt."""
    record: Record
    """The record that stands, with its attempt's number and time."""
    previous: Record | None
    """Of the attempt before, to say what changed."""
    replaced: Record | None
    """What stood for the same file under another suite."""
    is_new: bool
    """False if this file had been graded by this suite before; then `record` is that one."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One graded attempt, by the record that stands."""

    number: int
    digest: str
    submitted_utc: str
    score: float
    max_score: float
    suite: str
    graded_utc: str


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Best:
    """Where a student stands in one exercise."""

    exercise: str
    score: float
    max_score: float
    attempt: int
    """The first attempt that reached the score."""
    attempts: int
    last: Attempt


class Gradebook:
    """A book on disk or on a server. Many processes may have it open; each thread takes its own connection.

    What staff decide, the class as a whole and upkeep are functions over it: `decisions`, `ledger`, `upkeep`.
    """

    def __init__(self, database: Database) -> None:
        self.database = database

    @property
    def path(self) -> Path | None:
        """The file of the book; None where it is on a server."""
        return self.database.path

    @classmethod
    def open(cls, url_or_path: str | Path, *, busy_timeout_s: float = 15.0) -> Self:
        """The book at a path, or at an SQLite or PostgreSQL URL; made if it is not there.

        MachineError if it cannot be used (locked, not writable, damaged), InputError if it is not ours.
        """
        return cls(connect(url_or_path, busy_timeout_s=busy_timeout_s))

    def close(self) -> None:
        """Closes the connections; the book can be used again all the same."""
        self.database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def record(
        self, submission: Submission, record: Record, hints: Sequence[Step] = (), *, again: bool = False
    ) -> Recorded:
        """Stores submission and record in one transaction; the rules are in the module's docstring.

        Of `hints`, those go into the record that this attempt and the ones before have opened.
        `again`: somebody asked for another try, and so its record replaces one by the same suite, too.
        """
        with self.database.writing() as connection:
            return enter(connection, submission, record, hints, again=again)

    def find(self, submission: Submission, suite: str | None, device: Device = "cpu") -> Record | None:
        """The record that stands for this very file if this suite made it there: nothing is to be judged.

        With None: whichever suite made it.
        """
        query = stands(records.c.record).where(
            students.c.name == submission.student,
            attempts.c.exercise == submission.exercise,
            attempts.c.digest == submission.digest,
        )
        if suite is not None:
            query = query.where(records.c.suite == suite)
        with self.database.reading() as connection:
            found = decoded(connection.execute(query).scalar())
        return found if found is not None and found.device == device else None

    def graded(self, exercise: str, suite: str) -> set[tuple[str, str]]:
        """(student, digest of the files) of all that this suite has graded: what `find` would find."""
        query = stands(students.c.name, attempts.c.digest).where(
            attempts.c.exercise == exercise, records.c.suite == suite
        )
        with self.database.reading() as connection:
            return {(row.name, row.digest) for row in connection.execute(query)}

    def attempts(self, student: str, exercise: str) -> list[Attempt]:
        """The graded attempts, in order."""
        return [attempt for _, attempt in self._standings(student, exercise)]

    def best(self, student: str) -> dict[str, Best]:
        """Where the student stands in each exercise that was attempted, by exercise id."""
        best: dict[str, Best] = {}
        for exercise, attempt in self._standings(student):
            old = best.get(exercise)
            top = old if old and old.score >= attempt.score else None
            best[exercise] = Best(
                exercise=exercise,
                score=top.score if top else attempt.score,
                max_score=top.max_score if top else attempt.max_score,
                attempt=top.attempt if top else attempt.number,
                attempts=(old.attempts if old else 0) + 1,
                last=attempt,
            )
        return best

    def previous(self, student: str, exercise: str) -> Record | None:
        """The record of the latest graded attempt."""
        with self.database.reading() as connection:
            student_id = connection.execute(select(students.c.id).where(students.c.name == student)).scalar()
            return None if student_id is None else _before(connection, student_id, exercise, None)

    def standing(self, student: str, exercise: str, number: int) -> Record | None:
        """The record that stands for an attempt; None where there is no such attempt."""
        query = stands(records.c.record).where(
            students.c.name == student, attempts.c.exercise == exercise, attempts.c.number == number
        )
        with self.database.reading() as connection:
            return decoded(connection.execute(query).scalar())

    def submission_bytes(self, digest: str, exercise: str | None = None) -> tuple[SourceFile, ...]:
        """Files of the submission with this digest (`sha256:…`); empty if the book has none.

        Two exercises may have been given the same bytes under other names: without `exercise`, those of one
        are all there is to know.
        """
        query = (
            select(files.c.exercise, files.c.name, files.c.data)
            .where(files.c.digest == digest)
            .order_by(files.c.exercise, files.c.position)
        )
        if exercise is not None:
            query = query.where(files.c.exercise == exercise)
        with self.database.reading() as connection:
            rows = connection.execute(query).all()
        return tuple(SourceFile(name=r.name, data=r.data) for r in rows if r.exercise == rows[0].exercise)

    def handed_in(self, exercise: str) -> list[tuple[str, str]]:
        """(student, digest) of all that was handed in for an exercise, graded or not."""
        query = select(students.c.name, attempts.c.digest).select_from(students.join(attempts))
        with self.database.reading() as connection:
            rows = connection.execute(query.where(attempts.c.exercise == exercise)).all()
        return [(row.name, row.digest) for row in rows]

    def _standings(self, student: str, exercise: str | None = None) -> list[tuple[str, Attempt]]:
        query = (
            stands(attempts, records)
            .where(students.c.name == student)
            .order_by(attempts.c.exercise, attempts.c.number)
        )
        if exercise is not None:
            query = query.where(attempts.c.exercise == exercise)
        with self.database.reading() as connection:
            rows = connection.execute(query).mappings().all()
        names = [field.name for field in dataclasses.fields(Attempt)]
        return [(row["exercise"], Attempt(**{name: row[name] for name in names})) for row in rows]


def _matching(table: Table, *names: str) -> list[ColumnElement[bool]]:
    """Rows whose columns `names` are parameters of these names."""
    return [table.c[name] == bindparam(name) for name in names]


# Made once: to make them anew for each submission takes longer than the database does.
_STUDENT: Final = select(students.c.id).where(*_matching(students, "name"))
_SUBMISSION: Final = select(submissions.c.digest).where(*_matching(submissions, "exercise", "digest"))
_ATTEMPT: Final = select(attempts).where(*_matching(attempts, "student_id", "exercise", "digest"))
_LAST: Final = select(func.max(attempts.c.number)).where(*_matching(attempts, "student_id", "exercise"))
_NEW_STUDENT, _NEW_SUBMISSION, _NEW_FILES, _NEW_ATTEMPT, _NEW_RECORD = (
    insert(table) for table in (students, submissions, files, attempts, records)
)


def enter(
    connection: Connection,
    submission: Submission,
    record: Record,
    hints: Sequence[Step] = (),
    *,
    again: bool = False,
) -> Recorded:
    """`Gradebook.record` as a part of a transaction."""
    about = (record.student, record.exercise, record.digests.submission)
    if about != (submission.student, submission.exercise, submission.digest):
        raise ValueError(f"record of {about} for another submission")
    student_id, known = _student(connection, submission.student)
    _keep_files(connection, submission)
    graded = record.outcome == "graded"
    attempt = _attempt(connection, student_id, submission, known=known, graded=graded)
    number = attempt.number
    standing = None if attempt.is_new else _standing(connection, attempt.id)
    # Most of a class hands in for the first time: then nothing came before, and nothing is asked.
    first = number == 1 or not known
    previous = None if first else _before(connection, student_id, submission.exercise, number)
    is_new = again or not (graded and standing and _judged_alike(standing, record))
    if is_new:
        record = dataclasses.replace(
            record,
            attempt=number or 0,
            submitted_utc=attempt.submitted_utc,
            time_source=submission.time_source
            if attempt.is_new
            else first_time_source(connection, attempt.id),
        )
        if hints and number is not None:
            earlier = [] if first else _earlier(connection, student_id, submission.exercise, number)
            record = dataclasses.replace(record, hints=opened(hints, record, earlier))
        connection.execute(_NEW_RECORD, _row(attempt.id, record))
    elif standing:
        record = standing
    return Recorded(
        attempt=number or 0,
        record=record,
        previous=previous,
        replaced=standing if graded and is_new else None,
        is_new=is_new,
    )


def _judged_alike(one: Record, other: Record) -> bool:
    """Whether one suite made both, on one device: then the older one stands."""
    return (one.digests.suite, one.device) == (other.digests.suite, other.device)


def stands(*columns: Any) -> Select[Any]:
    """Selects from attempts, each with the record that stands: the newest graded one."""
    newest = (
        select(func.max(records.c.id))
        .where(records.c.attempt_id == attempts.c.id, records.c.outcome == "graded")
        .correlate(attempts)
        .scalar_subquery()
    )
    joined = students.join(attempts).join(records, records.c.id == newest)
    return select(*columns).select_from(joined)


def _student(connection: Connection, name: str) -> tuple[int, bool]:
    """(id, whether the student was known before)."""
    found: int | None = connection.execute(_STUDENT, {"name": name}).scalar()
    if found is not None:
        return found, True
    return _new_id(connection.execute(_NEW_STUDENT, {"name": name})), False


def _keep_files(connection: Connection, submission: Submission) -> None:
    key = {"exercise": submission.exercise, "digest": submission.digest}
    if connection.execute(_SUBMISSION, key).first():
        return
    connection.execute(_NEW_SUBMISSION, key)
    rows = [
        {**key, "position": position, "name": file.name, "data": file.data}
        for position, file in enumerate(submission.files)
    ]
    connection.execute(_NEW_FILES, rows)


class _Attempt(NamedTuple):
    """A row of attempts."""

    id: int
    number: int | None
    submitted_utc: str
    is_new: bool


def _attempt(
    connection: Connection, student_id: int, submission: Submission, *, known: bool, graded: bool
) -> _Attempt:
    """This student's attempt with these files, an old one or a new one; it has a number once it is graded.

    One who was not `known` before has no other.
    """
    key = {"student_id": student_id, "exercise": submission.exercise, "digest": submission.digest}
    row = connection.execute(_ATTEMPT, key).first() if known else None
    number: int | None = None if row is None else row.number
    unnumbered = graded and number is None
    if unnumbered:
        number = _next_number(connection, student_id, submission.exercise) if known else 1
    if row is None:
        when = submission.submitted_utc
        result = connection.execute(_NEW_ATTEMPT, {**key, "number": number, "submitted_utc": when})
        return _Attempt(_new_id(result), number, when, is_new=True)
    if unnumbered:
        connection.execute(attempts.update().where(attempts.c.id == row.id).values(number=number))
    return _Attempt(row.id, number, row.submitted_utc, is_new=False)


def _standing(connection: Connection, attempt_id: int) -> Record | None:
    query = stands(records.c.record).where(attempts.c.id == attempt_id)
    return decoded(connection.execute(query).scalar())


def first_time_source(connection: Connection, attempt_id: int) -> TimeSource:
    """Who said when the attempt was handed in, the first time."""
    first = select(records.c.record).where(records.c.attempt_id == attempt_id).order_by(records.c.id).limit(1)
    record = decoded(connection.execute(first).scalar())
    return "clock" if record is None else record.time_source


def _before(connection: Connection, student_id: int, exercise: str, number: int | None) -> Record | None:
    """The record of the latest attempt before `number`; of the latest one at all for None."""
    query = stands(records.c.record).where(
        attempts.c.student_id == student_id, attempts.c.exercise == exercise
    )
    if number is not None:
        query = query.where(attempts.c.number < number)
    return decoded(connection.execute(query.order_by(attempts.c.number.desc()).limit(1)).scalar())


def _earlier(connection: Connection, student_id: int, exercise: str, number: int) -> Iterator[Record]:
    """The records that stand of the attempts before `number`."""
    query = stands(records.c.record).where(
        attempts.c.student_id == student_id, attempts.c.exercise == exercise, attempts.c.number < number
    )
    for text in connection.execute(query).scalars():
        if record := decoded(text):
            yield record


def _next_number(connection: Connection, student_id: int, exercise: str) -> int:
    key = {"student_id": student_id, "exercise": exercise}
    return (connection.execute(_LAST, key).scalar() or 0) + 1


def _row(attempt_id: int, record: Record) -> dict[str, object]:
    return {
        "attempt_id": attempt_id,
        "suite": record.digests.suite,
        "outcome": record.outcome,
        "score": record.score,
        "max_score": record.max_score,
        "graded_utc": utc(),
        "record": encode(record).decode(),
    }


def _new_id(result: Any) -> int:
    (key,) = result.inserted_primary_key
    return int(key)


def decoded(text: str | None) -> Record | None:
    """The record in a column; MachineError if it is damaged."""
    if text is None:
        return None
    try:
        return decode(text.encode())
    except msgspec.MsgspecError as e:
        raise MachineError(
            f"gradebook: a record in it is damaged: {e}; restore the book from a backup"
        ) from e
