"""`grade regrade`: all attempts at an exercise judged by the suite as it is now, and shown before it counts.

Each judging is kept in the gradebook as a draft as soon as it is done: whatever ends this process, the same
command goes on behind it, and `--apply` judges nothing that was shown before.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from grader.cli import output, reporting
from grader.cli.output import Colour
from grader.cli.progress import Progress
from grader.core import hints, seeds
from grader.core.course import Course, Device, Exercise
from grader.core.record import Record
from grader.core.submission import Submission
from grader.core.text import visible
from grader.engines.choosing import Choice, open_engine
from grader.errors import CourseError, InputError
from grader.report.view import student_view

if TYPE_CHECKING:
    from grader.gradebook import Gradebook
    from grader.gradebook.grades import Row
    from grader.gradebook.regrading import Candidate


@dataclass(frozen=True, slots=True, kw_only=True)
class Regrade:
    """Arguments of `grade regrade`, resolved."""

    course: Course
    exercise: Exercise
    student: str | None
    apply: bool
    author: str
    reason: str
    rerun: bool
    out: Path | None
    jobs: int | None
    engine: Choice
    device: Device
    as_json: bool
    quiet: bool
    colour: Colour


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What was judged again, and what follows."""

    exercise: Exercise
    suite: str
    judged: tuple["Candidate", ...]
    """Attempts with a draft of this suite, applied by now or not."""
    already: int
    """Attempts whose record this suite made before."""
    elsewhere: int
    """Attempts that were judged on another device, and left alone."""
    failed: tuple[tuple["Candidate", str], ...]
    """What could not be graded, and why; the record before stands."""
    before: tuple["Row", ...]
    after: tuple["Row", ...]
    """Grades of the same students, with what was judged applied."""
    applied: bool
    void: int
    """Drafts that were not applied: another record stands by now."""


def regrade(request: Regrade) -> int:
    """Exit code: 0 if all were graded, 3 if some were not."""
    from grader.cli import booking, regradetable
    from grader.gradebook import decisions

    decisions.signed(request.author, request.reason)  # before anything is judged
    with booking.opened(request.course) as book:
        run = _Run(request, book)
        outcome = run.all()
        if request.as_json:
            output.result(regradetable.as_json(outcome))
        elif not request.quiet:
            output.result(regradetable.page(outcome, request.student))
    return 3 if outcome.failed or outcome.void else 0


class _Run:
    """One run over the attempts in a book."""

    def __init__(self, request: Regrade, book: "Gradebook") -> None:
        self._request, self._book, self._exercise = request, book, request.exercise
        if self._exercise.solution_dir is None:
            raise CourseError(
                f"the hidden suite of {self._exercise.id} is not on this machine: "
                "regrade where 'solutions/' is beside the course"
            )
        self._rules = _rules(self._exercise)
        self._failed: list[tuple[Candidate, str]] = []
        self._suite = ""

    def all(self) -> Outcome:
        """What came of it."""
        from grader.gradebook import ledger, regrading
        from grader.gradebook.grades import rows
        from grader.judge import suite as suites

        request, book, id = self._request, self._book, self._exercise.id
        found = self._found()
        here = [one for one in found if one.before is None or one.before.device == request.device]
        self._suite = suites.digest(self._exercise)
        due = [one for one in here if request.rerun or not (self._drafted(one) or self._stands(one))]
        if due:
            here = self._judge(here, due)
        judged = tuple(one for one in here if self._drafted(one))
        kept = ledger.read(book, student=request.student)
        before = rows(request.course, kept, [self._exercise])
        after = rows(request.course, regrading.expected(kept, id, judged), [self._exercise])
        void = self._apply(judged) if request.apply else 0
        return Outcome(
            exercise=self._exercise,
            suite=self._suite,
            judged=judged,
            already=sum(self._stands(one) and not self._drafted(one) for one in here),
            elsewhere=len(found) - len(here),
            failed=tuple(self._failed),
            before=tuple(before),
            after=tuple(after),
            applied=request.apply,
            void=void,
        )

    def _found(self) -> list["Candidate"]:
        """The attempts in question; InputError where there is none."""
        from grader.gradebook import decisions, regrading

        student, id = self._request.student, self._exercise.id
        if student is not None:
            with self._book.database.reading() as connection:
                decisions.student_id(connection, student)
        found = regrading.candidates(self._book, id, student=student)
        if not found:
            whose = f" by {student!r}" if student is not None else ""
            raise InputError(f"no submission to {id}{whose} is in the gradebook: nothing to judge again")
        return found

    def _drafted(self, one: "Candidate") -> bool:
        """Whether it has a draft that this suite made under these rules, beside the record that stands."""
        draft = one.draft
        return (
            draft is not None
            and (draft.marks.suite, draft.marks.device) == (self._suite, self._request.device)
            and (draft.rules, draft.replaces) == (self._rules, one.standing)
            and draft.marks.seed == self._seed(one)
        )

    def _stands(self, one: "Candidate") -> bool:
        """Whether this suite made the record that stands, from the same inputs."""
        before = one.before
        return (
            one.standing is not None
            and before is not None
            and (before.suite, before.seed) == (self._suite, self._seed(one))
        )

    def _seed(self, one: "Candidate") -> str:
        return seeds.fingerprint(self._request.course.secret(), one.student, self._exercise.id, one.digest)

    def _judge(self, here: list["Candidate"], due: list["Candidate"]) -> list["Candidate"]:
        """`here`, with drafts of what was due; each is in the book before the next is asked for."""
        from grader.gradebook import regrading

        request, exercise = self._request, self._exercise
        progress = Progress(len(due), quiet=request.quiet, colour=request.colour)
        drafts = {}
        by_key = {(one.student, one.digest): one for one in due}
        with (
            open_engine(
                request.engine,
                request.course,
                exercise,
                jobs=request.jobs,
                most=len(due),
                language="en",
                device=request.device,
                note=lambda text: progress.note(visible(text, one_line=True)),
            ) as engine,
            progress,
        ):
            progress.note(f"{exercise.id}: {len(due)} of {len(here)} attempts to judge again")
            if engine.start().suite != self._suite:
                raise CourseError(f"the suite of {exercise.id} was changed just now: give the command again")
            progress.begin()
            try:
                for submission, record in engine.map(self._coming(due)):
                    one = by_key[submission.student, submission.digest]
                    graded = record.outcome == "graded"
                    if graded:
                        made = regrading.keep(
                            self._book, one, self._as_before(one, record), rules=self._rules
                        )
                        drafts[one.id] = made
                    else:
                        self._failed.append((one, record.reason.en if record.reason else "the grader failed"))
                    progress.advance(judged=True, failed=not graded)
            except KeyboardInterrupt:
                progress.note(
                    f"{len(drafts)} of {progress.total} are judged and kept, and no score has changed; "
                    "the same command goes on from here"
                )
                raise
        return [replace(one, draft=drafts.get(one.id, one.draft)) for one in here]

    def _coming(self, due: list["Candidate"]) -> Iterator[Submission]:
        from grader.gradebook import regrading

        for one in due:
            yield regrading.submission(self._book, self._exercise.id, one)

    def _as_before(self, one: "Candidate", record: Record) -> Record:
        """In the language that the report had."""
        standing = one.number and self._book.standing(one.student, self._exercise.id, one.number)
        return replace(record, language=standing.language) if standing else record

    def _apply(self, judged: tuple["Candidate", ...]) -> int:
        """Makes the drafts count, and writes their reports; gives back how many were void."""
        from grader.gradebook import regrading

        request, id = self._request, self._exercise.id
        named = request.out is not None
        out = request.out.absolute() if request.out else request.course.state_dir / "reports" / id
        folder = reporting.writable(out, named=named)
        applied = regrading.apply(
            self._book,
            id,
            judged,
            hints=hints.told(self._exercise),
            author=request.author,
            reason=request.reason,
        )
        self._write_reports(folder)
        return len(applied.void)

    def _write_reports(self, folder: Path) -> None:
        """Those of regraded attempts that are not there, or older: also where an earlier run was killed."""
        from grader.gradebook import regrading

        reporting.prepare(self._request.course)
        made = {
            (one.student, one.attempt): one.made_utc
            for one in regrading.history(
                self._book, exercise=self._exercise.id, student=self._request.student
            )
        }
        for (student, number), made_utc in made.items():
            record = self._book.standing(student, self._exercise.id, number)
            assert record is not None
            path = reporting.path(folder, record, bare=self._request.out is None)
            whole_second = datetime.fromisoformat(made_utc).timestamp() + 1
            if path.exists() and path.stat().st_mtime >= whole_second:
                continue
            self._report(record, path)

    def _report(self, record: Record, path: Path) -> None:
        book, exercise = self._book, self._exercise
        before = book.standing(record.student, exercise.id, record.attempt - 1)
        handed = Submission(
            student=record.student,
            exercise=exercise.id,
            files=book.submission_bytes(record.digests.submission, exercise.id),
            submitted_utc=record.submitted_utc,
        )
        path.parent.mkdir(parents=True, exist_ok=True)
        previous = None if before is None else student_view(before, exercise.reveal)
        reporting.write(exercise, handed, student_view(record, exercise.reveal), previous, path)


def _rules(exercise: Exercise) -> str:
    """Digest of what course.toml says of judging, which no suite's digest covers."""
    rules = repr((exercise.limits, exercise.forbidden, exercise.forbidden_means, exercise.packages))
    return hashlib.sha256(rules.encode()).hexdigest()
