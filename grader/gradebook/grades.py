"""Grades of a class: the course's policies over the book's ledger."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from grader.core.course import Course, Exercise
from grader.core.policy import Extension, Grade, Override, Total, grade, limit_of, total
from grader.core.submission import Submission
from grader.errors import SubmissionError
from grader.gradebook import ledger as ledgers
from grader.gradebook.book import Gradebook
from grader.gradebook.ledger import Decision, Ledger, Student


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One student's grades."""

    student: Student
    grades: Mapping[str, Grade]
    """By exercise, in the course's order."""
    total: Total
    """Over all exercises of the course, whichever were asked for."""
    not_graded: frozenset[str]
    """Exercises in which a submission waits to be graded."""


def rows(course: Course, ledger: Ledger, exercises: Sequence[Exercise] | None = None) -> list[Row]:
    """A row a student, by id, with grades of `exercises` or of all."""
    chosen = {e.id for e in (course.exercises.values() if exercises is None else exercises)}
    made = []
    for student in ledger.students:
        grades = {e.id: grade_of(e, student.id, ledger) for e in course.exercises.values()}
        made.append(
            Row(
                student=student,
                grades={id: one for id, one in grades.items() if id in chosen},
                total=total(grades, drop_lowest=course.drop_lowest),
                not_graded=frozenset(id for id in chosen if (student.id, id) in ledger.not_graded),
            )
        )
    return made


def grade_of(exercise: Exercise, student: str, ledger: Ledger) -> Grade:
    """The grade of one student in one exercise."""
    key = (student, exercise.id)
    override, extension = ledger.overrides.get(key), ledger.extensions.get(key)
    return grade(
        ledger.handed.get(key, ()),
        exercise.policy,
        points=exercise.points,
        due_utc=exercise.due_utc,
        extension=_extension(extension),
        override=override.what if override and isinstance(override.what, Override) else None,
    )


def _extension(decision: Decision | None) -> Extension:
    return decision.what if decision and isinstance(decision.what, Extension) else Extension()


def refuse_beyond_limit(book: Gradebook, exercise: Exercise, submission: Submission) -> None:
    """SubmissionError where the student has no attempt left; a file that is an attempt already costs none."""
    if exercise.policy.attempts is None:
        return
    used = book.attempts(submission.student, exercise.id)
    if any(attempt.digest == submission.digest for attempt in used):
        return
    ledger = ledgers.read(book, student=submission.student)
    limit = limit_of(exercise.policy, _extension(ledger.extensions.get((submission.student, exercise.id))))
    if limit is not None and len(used) >= limit:
        raise SubmissionError(
            f"no attempt is left for {exercise.id}: all {limit} are used, and this file was not graded; "
            "ask your instructor for more"
        )
