"""A folder of submissions as what is to be graded (who, when, which files), and what cannot be, with reasons.

Nothing is dropped without a word: whatever lies in the folder is to be graded, is refused, or is a file
that some program left (`.DS_Store`). Files are read when their turn comes, not before.
"""

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Final, Literal, Self

from grader.collect import archive, choosing, layouts
from grader.collect.layouts import Handed, Layout
from grader.collect.roster import Roster
from grader.collect.tree import Leaf, files_in
from grader.core import roster
from grader.core.course import Course, Exercise
from grader.core.record import TimeSource
from grader.core.roster import Student
from grader.core.submission import MAX_STUDENT, Submission, check_student, is_stub, utc
from grader.errors import InputError, SubmissionError

Kind = Literal["unreadable", "unmatched", "empty", "other_exercise", "stub"]
SHOWN: Final = 200  # characters of a name


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """What cannot be graded, and why."""

    label: str
    student: str
    """Whose it is, as far as that is known."""
    kind: Kind
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """What is to be graded, when its turn comes."""

    student: str
    label: str
    handed: Handed
    when: datetime | None
    time_source: TimeSource
    late: bool
    """After the due date, or marked by the platform."""
    round: int
    """0 for the first submission of a student in this folder, 1 for the second; graded in this order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Collection:
    """All that was found, each in one of `pending` and `refused`."""

    layout: Layout
    pending: list[Pending]
    """By round, then by student."""
    refused: list[Refused]
    absent: list[Student] = field(default_factory=list)
    """Who is in the roster and handed in nothing."""
    double: list[str] = field(default_factory=list)
    """Students with several submissions here: each is an attempt."""
    names: dict[str, Student] = field(default_factory=dict)
    """What the roster says, by id."""

    @property
    def late(self) -> list[Pending]:
        """Those after the due date."""
        return [one for one in self.pending if one.late]


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """Where the times of submissions come from, besides the platform and `timestamp.txt`."""

    given: datetime | None = None
    """For those of which nothing else is known."""
    files: bool = True
    """Whether the times of files say something: an unpacked download has those of its unpacking."""


class Collector:
    """The submissions of one exercise in one folder, or in the zip of one; a context manager."""

    def __init__(
        self,
        course: Course,
        exercise: Exercise,
        where: Path,
        *,
        roster_path: Path | None = None,
        times: Times | None = None,
    ) -> None:
        """Raises InputError for a folder or a roster that cannot be read."""
        self._course, self._exercise = course, exercise
        self._times = times or Times()
        self._stack = contextlib.ExitStack()
        beside = where / roster.FILE
        if roster_path is None and where.is_dir() and beside.is_file():
            roster_path = beside
        self._roster = None if roster_path is None else Roster(roster.read(roster_path))
        try:
            self.collection = self._collect(self._leaves(where), where)
        except BaseException:
            self._stack.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def take(self, pending: Pending) -> Submission:
        """The submission, read now; SubmissionError if it cannot be taken."""
        handed, label = pending.handed, pending.label[:SHOWN]
        with contextlib.ExitStack() as stack:
            leaves: Sequence[Leaf] = handed.leaves
            if (outer := choosing.packed(leaves)) is not None:
                leaves = stack.enter_context(_unpacked(outer, label))
            leaves = choosing.unwrapped(self._exercise, leaves, label)
            chosen = choosing.choose(self._exercise, self._course, leaves, label)
            files = tuple(choosing.source_file(name, leaf, label) for name, leaf in chosen.items())
        submission = Submission(
            student=pending.student,
            exercise=self._exercise.id,
            files=files,
            submitted_utc=utc(pending.when),
            time_source=pending.time_source,
        )
        if is_stub(self._exercise, submission):
            raise Untouched(f"{label!r} is the untouched stub of {self._exercise.id}")
        choosing.refuse_work_of_another(self._course, self._exercise, files, label)
        return submission

    def refusal(self, pending: Pending, error: SubmissionError) -> Refused:
        """What `take` said, as it is listed."""
        return Refused(label=pending.label, student=pending.student, kind=_kind(error), why=str(error))

    def _leaves(self, where: Path) -> list[Leaf]:
        if where.is_dir():
            return files_in(where)
        if not where.exists():
            raise InputError(f"no folder {str(where)!r}: name the folder of submissions, or a zip of it")
        if where.suffix.lower() in {".py", ".ipynb", ".json"}:
            raise InputError(f"{str(where)!r} is one file: name its folder, or use 'grade submit'")
        try:
            return self._stack.enter_context(archive.opened(where, where.name, archive.DOWNLOAD))
        except SubmissionError as e:
            raise InputError(f"{e} (a folder of submissions is wanted, or a zip of one)") from e

    def _collect(self, leaves: list[Leaf], where: Path) -> Collection:
        layout, handed = layouts.recognise(leaves, where.resolve().name, self._course, self._exercise)
        refused: list[Refused] = []
        pending: list[Pending] = []
        names: dict[str, Student] = {}
        for one in handed:
            try:
                student = self._student(one, layout, names)
            except SubmissionError as e:
                shown = one.author.shown[:MAX_STUDENT]
                refused.append(Refused(label=one.label, student=shown, kind="unmatched", why=str(e)))
                continue
            if one.fault is not None:
                refused.append(Refused(label=one.label, student=student, kind="unmatched", why=one.fault))
                continue
            pending.append(self._pending(one, student, layout))
        here = {one.student for one in pending} | {one.student for one in refused}
        by_round = _in_rounds(pending)
        return Collection(
            layout=layout,
            pending=by_round,
            refused=refused,
            absent=[s for s in (self._roster.students if self._roster else []) if s.id not in here],
            double=sorted({one.student for one in by_round if one.round}),
            names=names,
        )

    def _student(self, handed: Handed, layout: Layout, names: dict[str, Student]) -> str:
        """Whose it is, by the roster if there is one."""
        if self._roster is None:
            return check_student(layouts.key_of(handed.author, layout)) if handed.fault is None else ""
        if handed.fault is not None:
            with contextlib.suppress(SubmissionError):
                return self._roster.find(handed.author).id
            return ""
        student = self._roster.find(handed.author)
        names[student.id] = student
        return student.id

    def _pending(self, handed: Handed, student: str, layout: Layout) -> Pending:
        when, source = self._time(handed, layout)
        due = self._exercise.due_utc
        return Pending(
            student=student,
            label=handed.label,
            handed=handed,
            when=when,
            time_source=source,
            late=handed.marked_late or (when is not None and due is not None and when > due),
            round=0,
        )

    def _time(self, handed: Handed, layout: Layout) -> tuple[datetime | None, TimeSource]:
        """The platform, `timestamp.txt`, the file, what was given, in this order; else now."""
        if handed.submitted is not None:
            return handed.submitted, "lms"
        if (stamp := layouts.time_of(handed, layout)) is not None:
            return stamp, "timestamp"
        written = [leaf.modified for leaf in handed.leaves if leaf.modified is not None]
        if self._times.files and written:
            return max(written), "file"
        if self._times.given is not None:
            return self._times.given, "option"
        return None, "clock"


class Untouched(SubmissionError):
    """The stub as it was given out."""


def _kind(error: SubmissionError) -> Kind:
    match error:
        case choosing.Empty():
            return "empty"
        case choosing.OfAnother():
            return "other_exercise"
        case Untouched():
            return "stub"
    return "unreadable"


@contextlib.contextmanager
def _unpacked(outer: Leaf, label: str) -> Iterator[list[Leaf]]:
    if outer.fault is not None:
        raise SubmissionError(outer.fault)
    source = outer.place if outer.place is not None else outer.read(archive.STUDENT.size)
    with archive.opened(source, label, archive.STUDENT) as leaves:
        yield leaves


def _in_rounds(pending: list[Pending]) -> list[Pending]:
    """Each student's first submission, then each one's second, and so on: attempts are counted in time."""
    own: dict[str, list[Pending]] = {}
    for one in pending:
        own.setdefault(one.student, []).append(one)
    numbered = [
        replace(one, round=number)
        for several in own.values()
        for number, one in enumerate(
            sorted(several, key=lambda p: (utc(p.when) if p.when else "9", p.handed.order, p.label))
        )
    ]
    return sorted(numbered, key=lambda one: (one.round, one.student, one.label))
