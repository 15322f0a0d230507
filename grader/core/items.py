"""Checks, their groups and the mistakes named in them, over a class.

Item analysis as in test theory (Lord and Novick, Statistical Theories of Mental Test Scores, 1968, ch. 15):
difficulty is the share who pass a check, discrimination the correlation of passing it with the rest of the
score. Pure functions of glances at graded records, one a student; called by `core.analysis`.
"""

import enum
import math
import statistics
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import compress
from typing import Final

from grader.core.glance import CheckGlance, Glance
from grader.core.record import Certainty, Outcome, Text

DIGITS: Final = 6  # of points: sums of floats that are equal as fractions must be equal here
_ORDER: Final = (Certainty.EXACT, Certainty.LIKELY, Certainty.HINT)


@enum.unique
class End(enum.StrEnum):
    """How a check ended, as coarse as a bar shows it."""

    PASSED = "passed"
    PARTIAL = "partial"
    """Right, but slow: a part of the points."""
    WRONG = "wrong"
    STOPPED = "stopped"
    """Raised, died, over a limit, or used what is forbidden."""
    SKIPPED = "skipped"
    """Waits for another check."""


@enum.unique
class Undefined(enum.StrEnum):
    """Why a check has no discrimination."""

    ALL_PASSED = "all_passed"
    NONE_PASSED = "none_passed"
    REST_EQUAL = "rest_equal"
    """All have the same score without the check."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckStatistics:
    """One check over the class."""

    id: str
    group: str
    n: int
    """How many it was run for."""
    passed: int
    ends: dict[End, int]
    max_points: float
    discrimination: float | None
    """Point-biserial: passing it against the score without its own points; from -1 to 1."""
    undefined: Undefined | None
    """Why there is no discrimination; None where there is."""
    median_s: float
    longest_s: float

    @property
    def rate(self) -> float:
        """Share who pass it, from 0 to 1."""
        return self.passed / self.n

    @property
    def doubtful(self) -> bool:
        """Whether the weaker pass it more often than the stronger, by more than chance would bring about."""
        # Without any relation the correlation of n pairs lies within 1.96/sqrt(n) in 95 of 100 cases.
        return self.discrimination is not None and self.discrimination < -1.96 / math.sqrt(self.n)


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupStatistics:
    """Checks that earn points together, over the class."""

    name: str
    n: int
    max_points: float
    mean_points: float
    full: int
    """How many have all its points; of a group worth none, who passed all its checks."""
    mistakes: tuple[tuple[str, int], ...]
    """The mistakes named in its checks, and for how many students: the commonest first."""

    @property
    def lost(self) -> float:
        """Points that a student lost in it on average."""
        return self.max_points - self.mean_points

    @property
    def rate(self) -> float:
        """Share of its points that the class earned; of a group worth none, share who passed it."""
        return self.mean_points / self.max_points if self.max_points else self.full / self.n


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistake:
    """A named mistake over the class; a student counts once, by the surest naming."""

    id: str
    message: Text
    students: tuple[str, ...]
    """Those for whom it is surest first."""
    certainties: dict[Certainty, int]
    checks: tuple[str, ...]
    """In which it was named, those in which it was named most often first."""


def point_biserial(passed: Sequence[bool], rest: Sequence[float]) -> float | Undefined:
    """Pearson's correlation of passing with the rest of the score; of at least one pair."""
    n, hits = len(passed), sum(passed)
    if hits == n:
        return Undefined.ALL_PASSED
    if not hits:
        return Undefined.NONE_PASSED
    if max(rest) == min(rest):
        return Undefined.REST_EQUAL
    mean = math.fsum(rest) / n
    spread = math.sqrt(math.fsum([(value - mean) ** 2 for value in rest]) / n)
    of_passed = math.fsum(compress(rest, passed)) / hits
    of_others = (math.fsum(rest) - hits * of_passed) / (n - hits)
    found = (of_passed - of_others) / spread * math.sqrt(hits * (n - hits)) / n
    return max(-1.0, min(1.0, found))


def mistakes(glances: Iterable[Glance]) -> tuple[Mistake, ...]:
    """The mistakes that were named, the commonest first; of equally common ones the surer first."""
    surest: defaultdict[str, dict[str, Certainty]] = defaultdict(dict)
    named_in: defaultdict[str, Counter[str]] = defaultdict(Counter)
    messages: dict[str, Text] = {}
    for glance in glances:
        for check in glance.checks:
            if (named := check.diagnosis) is None:
                continue
            old = surest[named.mistake].get(glance.student)
            if old is None or _ORDER.index(named.certainty) < _ORDER.index(old):
                surest[named.mistake][glance.student] = named.certainty
            named_in[named.mistake][check.id] += 1
            messages.setdefault(named.mistake, named.message)
    found = [
        Mistake(
            id=id,
            message=messages[id],
            students=tuple(sorted(who, key=lambda student: (_ORDER.index(who[student]), student))),
            certainties={c: count for c in _ORDER if (count := list(who.values()).count(c))},
            checks=tuple(check for check, _ in named_in[id].most_common()),
        )
        for id, who in surest.items()
    ]
    return tuple(
        sorted(found, key=lambda one: (-len(one.students), -one.certainties.get(Certainty.EXACT, 0), one.id))
    )


def unnamed(glances: Iterable[Glance]) -> tuple[str, ...]:
    """Students who failed something, and none of whose mistakes was named, in order."""
    found = []
    for glance in glances:
        ran = [check for check in glance.checks if not check.not_run]
        if not all(check.passed for check in ran) and not any(check.diagnosis for check in ran):
            found.append(glance.student)
    return tuple(sorted(found))


def end_of(outcome: Outcome, *, earned: bool) -> End:
    """How a check ended that has earned points or none, coarsely."""
    match outcome:
        case Outcome.PASSED:
            return End.PASSED
        case Outcome.FAILED:
            return End.PARTIAL if earned else End.WRONG
        case Outcome.SKIPPED:
            return End.SKIPPED
        case _:
            return End.STOPPED


def checks(glances: Sequence[Glance]) -> tuple[CheckStatistics, ...]:
    """Each check over those it was run for; the same check under another suite is taken for the same."""
    by_id: dict[str, list[tuple[Glance, CheckGlance]]] = {}
    for glance in glances:
        for check in glance.checks:
            if not check.not_run:
                by_id.setdefault(check.id, []).append((glance, check))
    return tuple(_check(id, seen) for id, seen in by_id.items())


def _check(id: str, seen: Sequence[tuple[Glance, CheckGlance]]) -> CheckStatistics:
    passed = [check.outcome is Outcome.PASSED for _, check in seen]
    rest = [round((glance.score or 0.0) - (check.points or 0.0), DIGITS) for glance, check in seen]
    found = point_biserial(passed, rest)
    seconds = [check.seconds for _, check in seen]
    ends: Counter[End] = Counter()
    for (outcome, earned), count in Counter((c.outcome, bool(c.points)) for _, c in seen).items():
        ends[end_of(outcome, earned=earned)] += count
    last = seen[-1][1]
    return CheckStatistics(
        id=id,
        group=last.group,
        n=len(seen),
        passed=sum(passed),
        ends={end: ends[end] for end in End if ends[end]},
        max_points=last.max_points,
        discrimination=None if isinstance(found, Undefined) else found,
        undefined=found if isinstance(found, Undefined) else None,
        median_s=statistics.median(seconds),
        longest_s=max(seconds),
    )


def groups(glances: Sequence[Glance]) -> tuple[GroupStatistics, ...]:
    """Each group over those for whom any of its checks was run."""
    earned: dict[str, list[float]] = {}
    worth: dict[str, list[float]] = {}
    full: Counter[str] = Counter()
    named: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for glance in glances:
        mine: defaultdict[str, list[CheckGlance]] = defaultdict(list)
        for check in glance.checks:
            if not check.not_run:
                mine[check.group].append(check)
        for name, several in mine.items():
            named[name].update({check.diagnosis.mistake for check in several if check.diagnosis is not None})
        for name, several in mine.items():
            points = math.fsum(check.points or 0.0 for check in several)
            most = math.fsum(check.max_points for check in several)
            earned.setdefault(name, []).append(points)
            worth.setdefault(name, []).append(most)
            full[name] += (
                round(most - points, DIGITS) <= 0 if most else all(check.passed for check in several)
            )
    return tuple(
        GroupStatistics(
            name=name,
            n=len(points),
            max_points=_mean(worth[name]),
            mean_points=min(_mean(points), _mean(worth[name])),
            full=full[name],
            mistakes=tuple(sorted(named[name].items(), key=lambda one: (-one[1], one[0]))),
        )
        for name, points in earned.items()
    )


def _mean(values: Sequence[float]) -> float:
    """Rounded, so that shares of points that fill a group fill it exactly."""
    return round(math.fsum(values) / len(values), DIGITS)
