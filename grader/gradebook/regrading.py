"""Attempts judged again: drafts that nobody has applied, and what it means to apply them.

A draft is the record of another judging, kept beside the one that stands until staff apply it, so that
nothing is judged twice and what is applied is what was shown. It is void once another record stands, or
another suite or other rules judge. Applied, it becomes a record like any other: it stands, the one before
stays in the history, and who asked for it is kept with the reason. Submission times stay the students'.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, delete, func, insert, select

from grader.core.hints import Step
from grader.core.policy import Handed
from grader.core.record import Outcome, Record, encode
from grader.core.submission import SourceFile, Submission
from grader.gradebook.book import Gradebook, Recorded, decoded, enter, first_time_source
from grader.gradebook.decisions import signed
from grader.gradebook.ledger import Ledger, moment
from grader.gradebook.schema import attempts, drafts, files, records, regrades, students


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """A record as far as a comparison of marks needs it: records of a whole class are too large to hold."""

    score: float | None
    """None for what was not graded."""
    max_score: float
    suite: str
    device: str
    seed: str
    checks: Mapping[str, tuple[Outcome, float | None]]
    """Outcome and points by check, in the suite's order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What another judging gave."""

    marks: Marks
    rules: str
    replaces: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """An attempt that can be judged again."""

    id: int
    student: str
    number: int | None
    """None if it was never graded."""
    digest: str
    submitted_utc: str
    standing: int | None
    """Id of the record that stands."""
    before: Marks | None
    """Of the record that stands; of the newest one where none was graded."""
    draft: Draft | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Regrade:
    """A record that staff had made in place of another."""

    student: str
    exercise: str
    attempt: int
    before: float | None
    """Score of the record that stood; None where nothing was graded yet."""
    after: float
    max_score: float
    author: str
    reason: str
    made_utc: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """What became of drafts."""

    recorded: tuple[Recorded, ...]
    void: tuple[int, ...]
    """Ids of attempts of which another record stands by now, or another draft waits: look again."""


def candidates(book: Gradebook, exercise: str, *, student: str | None = None) -> list[Candidate]:
    """All attempts at an exercise, those that the grader broke on included; by student and time."""
    query = (
        select(attempts, students.c.name)
        .join(students)
        .where(attempts.c.exercise == exercise)
        .order_by(students.c.name, attempts.c.submitted_utc, attempts.c.id)
    )
    if student is not None:
        query = query.where(students.c.name == student)
    with book.database.reading() as connection:
        return [_candidate(connection, row) for row in connection.execute(query).all()]


def submission(book: Gradebook, exercise: str, candidate: Candidate) -> Submission:
    """The files of an attempt as they were handed in, and when."""
    with book.database.reading() as connection:
        return _submission(connection, exercise, candidate.id)


def keep(book: Gradebook, candidate: Candidate, record: Record, *, rules: str) -> Draft:
    """Keeps the record of another judging as the attempt's draft, in place of one that is there."""
    row = {
        "attempt_id": candidate.id,
        "replaces": candidate.standing,
        "suite": record.digests.suite,
        "rules": rules,
        "record": encode(record).decode(),
    }
    with book.database.writing() as connection:
        connection.execute(delete(drafts).where(drafts.c.attempt_id == candidate.id))
        connection.execute(insert(drafts).values(row))
    return Draft(marks=marks(record), rules=rules, replaces=candidate.standing)


def apply(
    book: Gradebook,
    exercise: str,
    chosen: Sequence[Candidate],
    *,
    hints: Sequence[Step],
    author: str,
    reason: str,
) -> Applied:
    """Makes the drafts of `chosen` the records that stand: all of them in one step, or none.

    InputError as for an override. A draft beside which another record stands by now is dropped, and said.
    """
    why = signed(author, reason)
    recorded, void = [], []
    with book.database.writing() as connection:
        for candidate in chosen:
            row = connection.execute(select(drafts).where(drafts.c.attempt_id == candidate.id)).first()
            standing = _newest(connection, candidate.id, graded=True)
            replaces = standing.id if standing else None
            shown = candidate.draft
            assert shown is not None
            if row is None or (row.suite, row.rules) != (shown.marks.suite, shown.rules):
                void.append(candidate.id)  # applied, or judged anew, by another process
                continue
            connection.execute(delete(drafts).where(drafts.c.attempt_id == candidate.id))
            if row.replaces != replaces:
                void.append(candidate.id)
                continue
            record = decoded(row.record)
            assert record is not None
            handed = _submission(connection, exercise, candidate.id)
            recorded.append(enter(connection, handed, record, hints, again=True))
            made = _newest(connection, candidate.id, graded=True)
            assert made is not None
            connection.execute(insert(regrades).values(record_id=made.id, replaces=replaces, **why))
    return Applied(recorded=tuple(recorded), void=tuple(void))


def history(book: Gradebook, *, exercise: str | None = None, student: str | None = None) -> list[Regrade]:
    """What was regraded, in order of time; of one exercise or student where they are given."""
    old = records.alias("old")
    query = (
        select(
            students.c.name, attempts.c.exercise, attempts.c.number, old.c.score.label("before"),
            records.c.score, records.c.max_score, regrades,
        )
        .select_from(
            regrades.join(records, regrades.c.record_id == records.c.id)
            .join(attempts, records.c.attempt_id == attempts.c.id)
            .join(students, attempts.c.student_id == students.c.id)
            .outerjoin(old, regrades.c.replaces == old.c.id)
        )
        .order_by(regrades.c.record_id)
    )  # fmt: skip
    if exercise is not None:
        query = query.where(attempts.c.exercise == exercise)
    if student is not None:
        query = query.where(students.c.name == student)
    with book.database.reading() as connection:
        return [
            Regrade(
                student=row.name,
                exercise=row.exercise,
                attempt=row.number,
                before=row.before,
                after=row.score,
                max_score=row.max_score,
                author=row.author,
                reason=row.reason,
                made_utc=row.made_utc,
            )
            for row in connection.execute(query)
        ]


def expected(ledger: Ledger, exercise: str, changed: Sequence[Candidate]) -> Ledger:
    """The ledger as it would be with the drafts of `changed` applied."""
    handed = dict(ledger.handed)
    for one in changed:
        assert one.draft is not None
        key, score = (one.student, exercise), one.draft.marks.score
        others = handed.get(key, ())
        number = one.number or max((a.number for a in others), default=0) + 1
        new = Handed(
            number=number,
            submitted_utc=moment(one.submitted_utc),
            score=score or 0.0,
            max_score=one.draft.marks.max_score,
        )
        handed[key] = (*(a for a in others if a.number != number), new)
    return replace(ledger, handed=handed)


def marks(record: Record) -> Marks:
    """The marks of a record."""
    return Marks(
        score=record.score,
        max_score=record.max_score,
        suite=record.digests.suite,
        device=record.device,
        seed=record.seed,
        checks={check.id: (check.outcome, check.points) for check in record.checks},
    )


def _candidate(connection: Connection, row: Row[Any]) -> Candidate:
    standing = _newest(connection, row.id, graded=True)
    newest = standing or _newest(connection, row.id, graded=False)
    kept = connection.execute(select(drafts).where(drafts.c.attempt_id == row.id)).first()
    before = None if newest is None else decoded(newest.record)
    judged = None if kept is None else decoded(kept.record)
    return Candidate(
        id=row.id,
        student=row.name,
        number=row.number,
        digest=row.digest,
        submitted_utc=row.submitted_utc,
        standing=None if standing is None else standing.id,
        before=None if before is None else marks(before),
        draft=None
        if kept is None or judged is None
        else Draft(marks=marks(judged), rules=kept.rules, replaces=kept.replaces),
    )


class _Kept(NamedTuple):
    """A row of records."""

    id: int
    record: str


def _newest(connection: Connection, attempt: int, *, graded: bool) -> _Kept | None:
    """The newest record of an attempt; the newest graded one is the one that stands."""
    newest = select(func.max(records.c.id)).where(records.c.attempt_id == attempt)
    if graded:
        newest = newest.where(records.c.outcome == "graded")
    query = select(records.c.id, records.c.record).where(records.c.id == newest.scalar_subquery())
    row = connection.execute(query).first()
    return None if row is None else _Kept(row.id, row.record)


def _submission(connection: Connection, exercise: str, attempt: int) -> Submission:
    row = connection.execute(
        select(attempts, students.c.name).join(students).where(attempts.c.id == attempt)
    ).one()
    kept = (
        select(files.c.name, files.c.data)
        .where(files.c.exercise == exercise, files.c.digest == row.digest)
        .order_by(files.c.position)
    )
    return Submission(
        student=row.name,
        exercise=exercise,
        files=tuple(SourceFile(name=f.name, data=f.data) for f in connection.execute(kept)),
        submitted_utc=row.submitted_utc,
        time_source=first_time_source(connection, attempt),
    )
