"""From attempts to a grade: which attempts count, what lateness costs, what staff decided.

Pure functions of what course.toml and the gradebook say; read by `gradebook.grades`, and by `submit`
for the limit of attempts. Points are exact fractions inside and floats outside.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Literal, get_args

from grader.core.table import Table

Counts = Literal["best", "last", "mean"]
Of = Literal["earned", "possible"]

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Late:
    """What an attempt after the due date loses, in percent: nothing unless told otherwise."""

    per_day: float = 0.0
    """For each day after the due date that has begun."""
    cap: float = 100.0
    """The most that is taken, however late."""
    grace_min: float = 0.0
    """An attempt at most this late loses nothing; a later one is counted from the due date all the same."""
    of: Of = "earned"
    """Percent of the points that the attempt earned, or of those that the exercise has."""

    def __post_init__(self) -> None:
        if not (0 <= self.per_day <= 100 and 0 <= self.cap <= 100 and 0 <= self.grace_min < float("inf")):
            raise ValueError(f"late penalty out of range: {self}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """How the attempts at an exercise become its grade."""

    counts: Counts = "best"
    attempts: int | None = None
    """How many count, the earliest first; None: all."""
    late: Late = field(default_factory=Late)


@dataclass(frozen=True, slots=True, kw_only=True)
class Handed:
    """A graded attempt, as far as policies look at it."""

    number: int
    submitted_utc: datetime
    score: float
    max_score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Extension:
    """More time, more attempts, or both, for one student in one exercise."""

    due_utc: datetime | None = None
    attempts: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """What staff decided, whatever was handed in: points, or excused for None."""

    points: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """What became of one attempt under the policy."""

    number: int
    earned: float
    """In points of the exercise, before lateness."""
    points: float
    """After it."""
    days_late: int
    """Days begun after the due date; 0 within the grace."""
    counts: bool
    """False beyond the limit of attempts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grade:
    """Where one student stands in one exercise."""

    points: float | None
    """None where nothing that counts was handed in, and where the student is excused."""
    max_points: float
    attempt: int | None
    """The attempt to look at: the best for `best`, the latest that counts for `last` and `mean`."""
    attempts: tuple[Counted, ...]
    """By time of submission."""
    due_utc: datetime | None
    """For this student."""
    limit: int | None
    """Of attempts, for this student."""
    overridden: bool = False
    excused: bool = False

    @property
    def days_late(self) -> int:
        """Of the attempt to look at."""
        return next((a.days_late for a in self.attempts if a.number == self.attempt), 0)

    @property
    def penalised(self) -> bool:
        """Whether the attempt to look at lost points by being late."""
        return any(a.points < a.earned for a in self.attempts if a.number == self.attempt)


def grade(
    handed: Sequence[Handed],
    policy: Policy,
    *,
    points: int,
    due_utc: datetime | None,
    extension: Extension | None = None,
    override: Override | None = None,
) -> Grade:
    """The grade of an exercise worth `points`; an override stands above everything."""
    extension = extension or Extension()
    due = due_of(due_utc, extension)
    limit = limit_of(policy, extension)
    ordered = sorted(handed, key=lambda attempt: (attempt.submitted_utc, attempt.number))
    scored = [
        _after_lateness(attempt, policy.late, points, due, counts=limit is None or place < limit)
        for place, attempt in enumerate(ordered)
    ]
    counting = [attempt for attempt in scored if attempt.counts]
    shown = _shown(counting, policy.counts)
    value = None if shown is None else shown.points
    if counting and policy.counts == "mean":
        value = float(sum(Fraction(attempt.points) for attempt in counting) / len(counting))
    return Grade(
        points=value if override is None else override.points,
        max_points=float(points),
        attempt=None if shown is None else shown.number,
        attempts=tuple(scored),
        due_utc=due,
        limit=limit,
        overridden=override is not None,
        excused=override is not None and override.points is None,
    )


def due_of(due_utc: datetime | None, extension: Extension) -> datetime | None:
    """The student's due date: an extension never makes it earlier."""
    if due_utc is None or extension.due_utc is None:
        return due_utc
    return max(due_utc, extension.due_utc)


def limit_of(policy: Policy, extension: Extension) -> int | None:
    """How many attempts count for the student; None: all."""
    return None if policy.attempts is None else policy.attempts + extension.attempts


def days_late(submitted_utc: datetime, due_utc: datetime | None, late: Late) -> int:
    """Days that have begun after the due date; 0 up to the end of the grace."""
    if due_utc is None or submitted_utc - due_utc <= timedelta(minutes=late.grace_min):
        return 0
    return -((due_utc - submitted_utc) // DAY)


def _after_lateness(
    attempt: Handed, late: Late, points: int, due_utc: datetime | None, *, counts: bool
) -> Counted:
    # A suite that was worth other points when it judged is brought to those of the exercise.
    whole = Fraction(attempt.max_score)
    earned = Fraction(attempt.score) * points / whole if whole else Fraction(0)
    days = days_late(attempt.submitted_utc, due_utc, late)
    percent = min(Fraction(late.per_day) * days, Fraction(late.cap))
    lost = percent / 100 * (earned if late.of == "earned" else points)
    left = max(earned - lost, Fraction(0))
    return Counted(
        number=attempt.number,
        earned=float(earned),
        points=float(left),
        days_late=days,
        counts=counts,
    )


def _shown(counting: Sequence[Counted], counts: Counts) -> Counted | None:
    """`max` takes the first of equals: the earliest attempt that reached the best."""
    if not counting:
        return None
    return max(counting, key=lambda attempt: attempt.points) if counts == "best" else counting[-1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Total:
    """All exercises of a student together; what was not handed in counts 0."""

    points: float
    max_points: float
    dropped: tuple[str, ...]
    """Exercises left out as the lowest."""


def total(grades: Mapping[str, Grade], *, drop_lowest: int = 0) -> Total:
    """Sum over exercises, without the excused ones and the `drop_lowest` of the least share of their points.

    At least one exercise is kept. Of equal shares the one worth most goes first, then the later one.
    """
    left = [
        (id, Fraction(g.points or 0), Fraction(g.max_points)) for id, g in grades.items() if not g.excused
    ]
    places = {id: place for place, (id, *_) in enumerate(left)}
    by_share = sorted(left, key=lambda one: (one[1] / one[2] if one[2] else 0, -one[2], -places[one[0]]))
    dropped = {id for id, *_ in by_share[: max(0, min(drop_lowest, len(left) - 1))]}
    kept = [one for one in left if one[0] not in dropped]
    return Total(
        points=float(sum(points for _, points, _ in kept)),
        max_points=float(sum(most for _, _, most in kept)),
        dropped=tuple(id for id, *_ in left if id in dropped),
    )


def read_policy(table: Table, base: Policy) -> Policy:
    """`base` with what `table` of course.toml says otherwise; CourseError names what is wrong."""
    counts = table.choice("counts", get_args(Counts), default=base.counts)
    late = table.table("late")
    late.only("per_day", "cap", "grace_min", "of")
    return Policy(
        counts=counts,
        attempts=table.count("attempts", default=base.attempts or 0) or None,
        late=Late(
            per_day=late.percent("per_day", base.late.per_day),
            cap=late.percent("cap", base.late.cap),
            grace_min=late.minutes("grace_min", base.late.grace_min),
            of=late.choice("of", get_args(Of), default=base.late.of),
        ),
    )
