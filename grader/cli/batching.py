"""`grade batch`: a folder of submissions, many at once; each is recorded as it is finished, and reported.

What is in the book is done: whatever ends this process, the same command goes on behind it. A submission
that cannot be taken is listed, and no other one waits for it.
"""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from grader.cli import output, reporting
from grader.cli.output import Colour
from grader.cli.progress import Progress
from grader.cli.request import short
from grader.collect import Collection, Collector, Pending, Refused, Times
from grader.core import hints
from grader.core.course import Course, Device, Exercise, Language
from grader.core.record import Outcome, Record, Text, encode, not_graded
from grader.core.submission import Submission, utc
from grader.core.text import visible
from grader.engines.choosing import Choice, open_engine
from grader.errors import CourseError, GraderError, InputError, SubmissionError

if TYPE_CHECKING:
    from grader.gradebook import Gradebook, Recorded

INDEX: Final = "index.csv"
DOUBLE_SHOWN: Final = 5  # students who handed in more than once, in the first line


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Arguments of `grade batch`, resolved."""

    course: Course
    exercise: Exercise
    folder: Path
    roster: Path | None
    times: Times
    out: Path | None
    jobs: int | None
    engine: Choice
    language: Language
    device: Device
    rerun: bool
    only_failed: bool
    as_json: bool
    quiet: bool
    colour: Colour


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What became of one submission."""

    student: str
    label: str
    late: bool = False
    submitted_utc: str = ""
    attempt: int = 0
    score: float | None = None
    """None if it was not graded; then `why` says why not."""
    max_score: float = 0.0
    passed: int = 0
    checks: int = 0
    judged: bool = False
    """Now, and not before."""
    report: str = ""
    why: str = ""


def batch(request: Batch) -> int:
    """Exit code: 0 if all were graded, 3 if some were not."""
    if request.exercise.solution_dir is None:
        raise CourseError(
            f"the hidden suite of {request.exercise.id} is not on this machine: "
            "batch grades where 'solutions/' is beside the course"
        )
    collector = Collector(
        request.course,
        request.exercise,
        request.folder,
        roster_path=request.roster,
        times=request.times,
    )
    with collector:
        found = collector.collection
        if not found.pending and not found.refused:
            raise InputError(f"no submissions in {str(request.folder)!r}: name the folder that holds them")
        run = _Run(request, collector)
        lines = run.all()
    from grader.cli import classreport, classtable

    page = classreport.of_batch(request, found, run.refused, run.folder)
    if request.as_json and not request.quiet:
        output.note(f"class report: {visible(str(short(page)), one_line=True)}")
    elif not request.quiet:
        output.result(classtable.summary(request.exercise, found, lines, run.folder))
    return 3 if any(line.score is None for line in lines) else 0


class _Run:
    """One run over a collection."""

    def __init__(self, request: Batch, collector: Collector) -> None:
        self._request, self._collector = request, collector
        self._exercise = request.exercise
        out = request.out
        reports = request.course.state_dir / "reports" / self._exercise.id
        self.folder = reporting.writable(reports if out is None else out.absolute(), named=out is not None)
        self.refused: list[Refused] = []
        """What was not taken."""
        self._lines: list[Line] = []
        self._waiting: dict[tuple[str, str], Pending] = {}
        self._graded: set[tuple[str, str]] = set()
        self._hints = hints.told(self._exercise)

    def all(self) -> list[Line]:
        """What became of each submission."""
        from grader.gradebook import Gradebook

        request, found = self._request, self._collector.collection
        progress = Progress(
            len(found.pending) + len(found.refused), quiet=request.quiet, colour=request.colour
        )
        with (
            open_engine(
                request.engine,
                request.course,
                self._exercise,
                jobs=request.jobs,
                most=len(found.pending),
                language=request.language,
                device=request.device,
                note=lambda text: progress.note(visible(text, one_line=True)),
            ) as engine,
            Gradebook.open(request.course.gradebook) as book,
            progress,
        ):
            progress.note(_found(self._exercise, found))
            reporting.prepare(request.course)
            reporting.remove_drafts(self.folder)
            try:
                for refused in found.refused:
                    self._refuse(refused, progress)
                suite = engine.start().suite
                self._graded = book.graded(self._exercise.id, suite)
                progress.begin()
                for number in range(1 + max((one.round for one in found.pending), default=0)):
                    # A second attempt is judged when the first is in the book: it has the larger number.
                    coming = self._coming(number, suite, book, progress)
                    for submission, record in engine.map(coming):
                        self._judged(submission, record, book, progress)
            except KeyboardInterrupt:
                done = sum(line.score is not None for line in self._lines)
                progress.note(
                    f"{done} of {progress.total} are graded and kept; the same command goes on from here"
                )
                with contextlib.suppress(GraderError):
                    self._write_index(found)
                raise
        self._write_index(found)
        return self._lines

    def _coming(self, number: int, suite: str, book: "Gradebook", progress: Progress) -> Iterator[Submission]:
        """What is to be judged of one round; what cannot or need not be is done with here."""
        for pending in self._collector.collection.pending:
            if pending.round != number:
                continue
            try:
                submission = self._collector.take(pending)
            except SubmissionError as e:
                self._refuse(self._collector.refusal(pending, e), progress)
                continue
            if (standing := self._standing(submission, suite, book)) is not None:
                self._kept(pending, submission, standing, book, progress)
                continue
            self._waiting[submission.student, submission.digest] = pending
            yield submission

    def _standing(self, submission: Submission, suite: str, book: "Gradebook") -> Record | None:
        """The record by which the submission is done with."""
        if self._request.only_failed:
            standing = book.find(submission, None, self._request.device)
            return standing if standing is not None and standing.passed else None
        if self._request.rerun or (submission.student, submission.digest) not in self._graded:
            return None
        return book.find(submission, suite, self._request.device)

    def _kept(
        self,
        pending: Pending,
        submission: Submission,
        standing: Record,
        book: "Gradebook",
        progress: Progress,
    ) -> None:
        """It was graded before; whatever ended that run may have kept its report from being written."""
        report = self._report_path(standing)
        if not report.exists():
            self._report(submission, book.record(submission, standing), report)
        self._done(pending, standing, report, progress, judged=False)

    def _judged(self, submission: Submission, record: Record, book: "Gradebook", progress: Progress) -> None:
        pending = self._waiting.pop((submission.student, submission.digest))
        again = self._request.rerun or self._request.only_failed
        again = again and record.outcome == "graded"
        recorded = book.record(submission, record, self._hints, again=again)
        if record.outcome == "graded":
            self._graded.add((submission.student, submission.digest))
        report = self._report_path(recorded.record)
        self._report(submission, recorded, report)
        self._done(pending, recorded.record, report, progress, judged=True)

    def _report_path(self, record: Record) -> Path:
        return reporting.path(self.folder, record, bare=self._request.out is None)

    def _report(self, submission: Submission, recorded: "Recorded", path: Path) -> None:
        record, previous = reporting.views(self._exercise, recorded.record, recorded.previous)
        path.parent.mkdir(exist_ok=True)
        reporting.write(self._exercise, submission, record, previous, path)

    def _done(
        self, pending: Pending, record: Record, report: Path, progress: Progress, *, judged: bool
    ) -> None:
        if self._request.as_json:
            output.result(encode(record).decode() + "\n")
        graded = record.outcome == "graded"
        why = "" if graded else (record.reason.en if record.reason else "the grader failed")
        line = Line(
            student=pending.student,
            label=pending.label,
            late=pending.late,
            submitted_utc=record.submitted_utc,
            attempt=record.attempt,
            score=record.score,
            max_score=record.max_score,
            passed=sum(check.outcome is Outcome.PASSED for check in record.checks),
            checks=len(record.checks),
            judged=judged,
            report=str(report.relative_to(self.folder)),
            why=why,
        )
        self._lines.append(line)
        progress.advance(judged=judged, failed=not graded)
        if not graded:
            progress.note(_not_graded(line))

    def _refuse(self, refused: Refused, progress: Progress) -> None:
        line = Line(student=refused.student, label=refused.label, why=refused.why)
        if self._request.as_json:
            output.result(encode(_refused_record(self._request, refused)).decode() + "\n")
        self._lines.append(line)
        self.refused.append(refused)
        progress.advance(judged=False, failed=True)
        progress.note(_not_graded(line))

    def _write_index(self, found: Collection) -> None:
        """Which report is whose, for people and for mail merges."""
        from grader.report.listing import as_csv

        head = (
            "student", "name", "section", "submission", "submitted_utc", "late", "attempt", "score",
            "max_score", "report", "not_graded_because",
        )  # fmt: skip
        rows = []
        for line in sorted(self._lines, key=lambda line: (line.student, line.attempt, line.label)):
            known = found.names.get(line.student)
            name, section = (known.name, known.section) if known else ("", "")
            rows.append(
                (
                    line.student, name, section, line.label, line.submitted_utc, "late" if line.late else "",
                    line.attempt or None, line.score, line.max_score or None, line.report, line.why,
                )
            )  # fmt: skip
        path = self.folder / INDEX
        failed = f"all is recorded, but {str(path)!r} cannot be written"
        reporting.replace(path, as_csv(head, rows), failed, "make room, and run the same command again")


def _found(exercise: Exercise, found: Collection) -> str:
    """What there is to do, in a line."""
    total = len(found.pending) + len(found.refused)
    words = [f"{exercise.id}: {total} submission{'' if total == 1 else 's'}"]
    if found.layout != "plain":
        words.append(
            f"as {found.layout.capitalize() if found.layout != 'nbgrader' else 'nbgrader'} names them"
        )
    if found.double:  # more than one attempt, or somebody's work under another's name
        shown = [visible(student, 40, one_line=True) for student in found.double[:DOUBLE_SHOWN]]
        more = f" and {len(found.double) - DOUBLE_SHOWN} more" if len(found.double) > DOUBLE_SHOWN else ""
        words.append(f"more than one by {', '.join(shown)}{more}")
    return ", ".join(words)


def _not_graded(line: Line) -> str:
    who = f"{visible(line.student, 60, one_line=True)}: " if line.student else ""
    return f"not graded: {who}{visible(line.why, 400, one_line=True)}"


def _refused_record(request: Batch, refused: Refused) -> Record:
    """What `--json` says of a submission that was not taken; nothing of it is in the book."""
    why = visible(refused.why, 1000, one_line=True)
    return not_graded(
        exercise=request.exercise.id,
        student=refused.student,
        submitted_utc=utc(),
        max_score=float(request.exercise.points),
        device=request.device,
        language=request.language,
        reason=Text(en=why, ko=f"채점하지 않았습니다: {why}"),
    )
