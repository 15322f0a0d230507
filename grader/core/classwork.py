"""What a class did with an exercise, as its statistics take it; `gradebook.classwork` reads it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import msgspec

from grader.core.glance import Glance
from grader.core.record import Record, Text
from grader.core.seeds import pseudonym


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """One student's work: the attempt that counts, and the way there."""

    glance: Glance
    """At a graded record."""
    shares: tuple[float, ...]
    """Share of the points of each graded attempt, in the order of submission."""

    def __post_init__(self) -> None:
        if self.glance.outcome != "graded" or not self.shares:
            raise ValueError(f"{self.glance.student}: {self.glance.outcome}, attempts: {self.shares}")

    @property
    def student(self) -> str:
        """Whose it is."""
        return self.glance.student

    @property
    def share(self) -> float:
        """Share of the points, from 0 to 1, that the attempt earned."""
        return share(self.glance.score, self.glance.max_score)


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A submission without a score."""

    student: str
    """Empty where nobody knows whose it is."""
    why: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Classwork:
    """All that statistics of an exercise are computed from."""

    works: tuple[Work, ...]
    """One a student who has an attempt that counts, by student."""
    names: Mapping[str, str]
    """Full names, of those whose name a roster said."""
    waiting: tuple[Waiting, ...]
    """Submissions that were not graded."""
    absent: tuple[str, ...]
    """Students in the book of whom nothing was handed in for this exercise."""
    examples: tuple[Record, ...]
    """A whole record of each suite, for the titles of checks and groups: that of the newest suite last."""


def share(score: float | None, max_score: float) -> float:
    """Score by what there was to get; 1 where there was nothing to get."""
    return (score or 0.0) / max_score if max_score else 1.0


def without_names(classwork: Classwork, secret: bytes) -> Classwork:
    """The same under pseudonyms, in the order of these; without reasons, which can quote a file."""
    hidden = [
        replace(work, glance=msgspec.structs.replace(work.glance, student=pseudonym(secret, work.student)))
        for work in classwork.works
    ]
    unknown = Text(en="it could not be graded", ko="채점하지 못했습니다")
    waiting = [
        Waiting(student=one.student and pseudonym(secret, one.student), why=unknown)
        for one in classwork.waiting
    ]
    return Classwork(
        works=tuple(sorted(hidden, key=lambda work: work.student)),
        names={},
        waiting=tuple(sorted(waiting, key=lambda one: one.student)),
        absent=tuple(sorted(pseudonym(secret, student) for student in classwork.absent)),
        examples=classwork.examples,
    )
