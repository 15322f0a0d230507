"""What a class did with an exercise: scores, checks, mistakes, attempts and times.

Pure functions of the records that count, one a student; read by the class report and by `grade stats`.
Nothing here is NaN: what cannot be computed is None, and says why where the reason helps.
"""

import math
import statistics
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from grader.core import items
from grader.core.classwork import Work
from grader.core.items import CheckStatistics, GroupStatistics, Mistake

BINS: Final = 11
"""Tenths of the points, and all of them."""
SLOWEST: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """Scores in percent of the points, before lateness and before what staff decided."""

    n: int
    mean: float
    median: float
    low_quartile: float
    high_quartile: float
    least: float
    most: float
    spread: float | None
    """Sample standard deviation; None for a single student."""
    full: int
    """How many have all points."""
    bins: tuple[int, ...]
    """How many lie in [0, 10) %, [10, 20) %, …, [90, 100) %, and at 100 %."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempts:
    """How many attempts all points took; position k is about k+1 attempts."""

    full: tuple[int, ...]
    """Students who had all points for the first time in that attempt."""
    trying: tuple[int, ...]
    """Students with so many attempts, and not all points in any."""

    @property
    def median(self) -> float | None:
        """Attempts that those who got all points took; None if nobody did."""
        taken = [k for k, count in enumerate(self.full, start=1) for _ in range(count)]
        return statistics.median(taken) if taken else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """Seconds that judging a submission took."""

    median_s: float
    p95_s: float
    slowest: tuple[tuple[str, float], ...]
    """Students with the longest, the longest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Analysis:
    """An exercise as the class did it; `checks` and `groups` in the order of the suite."""

    scores: Scores
    checks: tuple[CheckStatistics, ...]
    groups: tuple[GroupStatistics, ...]
    mistakes: tuple[Mistake, ...]
    """The commonest first."""
    unnamed: tuple[str, ...]
    """Students who failed something, and none of whose mistakes was named."""
    attempts: Attempts
    times: Times
    suites: dict[str, int]
    """How many records each suite made, by its digest."""

    @property
    def never_failed(self) -> tuple[str, ...]:
        """Checks that everybody passed."""
        return tuple(check.id for check in self.checks if check.passed == check.n)

    @property
    def never_passed(self) -> tuple[str, ...]:
        """Checks that nobody passed."""
        return tuple(check.id for check in self.checks if not check.passed)


def analyse(works: Sequence[Work]) -> Analysis | None:
    """The statistics of these works; None of none."""
    if not works:
        return None
    glances = [work.glance for work in works]
    return Analysis(
        scores=scores([100 * work.share for work in works]),
        checks=items.checks(glances),
        groups=items.groups(glances),
        mistakes=items.mistakes(glances),
        unnamed=items.unnamed(glances),
        attempts=attempts([work.shares for work in works]),
        times=times([(work.student, work.glance.seconds) for work in works]),
        suites=dict(Counter(one.digests.suite for one in glances).most_common()),
    )


def scores(percent: Sequence[float]) -> Scores:
    """How scores in percent are distributed; of at least one. Quartiles by linear interpolation."""
    bins = [0] * BINS
    for value in percent:
        bins[min(BINS - 1, int(round(value, items.DIGITS) // 10))] += 1
    low, middle, high = (
        statistics.quantiles(percent, n=4, method="inclusive") if len(percent) > 1 else 3 * [percent[0]]
    )
    return Scores(
        n=len(percent),
        mean=math.fsum(percent) / len(percent),
        median=middle,
        low_quartile=low,
        high_quartile=high,
        least=min(percent),
        most=max(percent),
        spread=statistics.stdev(percent) if len(percent) > 1 else None,
        full=bins[-1],
        bins=tuple(bins),
    )


def attempts(shares: Iterable[Sequence[float]]) -> Attempts:
    """From the share of the points in each student's attempts, in order, how many all points took."""
    full: Counter[int] = Counter()
    trying: Counter[int] = Counter()
    for mine in shares:
        first = next((k for k, value in enumerate(mine) if round(value, items.DIGITS) >= 1), None)
        if first is not None:
            full[first] += 1
        elif mine:
            trying[len(mine) - 1] += 1
    length = 1 + max([*full, *trying], default=-1)
    return Attempts(
        full=tuple(full[k] for k in range(length)), trying=tuple(trying[k] for k in range(length))
    )


def times(taken: Sequence[tuple[str, float]]) -> Times:
    """From (student, seconds), of at least one; the 95th percentile by linear interpolation."""
    seconds = [one for _, one in taken]
    p95 = statistics.quantiles(seconds, n=20, method="inclusive")[-1] if len(seconds) > 1 else seconds[0]
    slowest = sorted(taken, key=lambda one: (-one[1], one[0]))[:SLOWEST]
    return Times(median_s=statistics.median(seconds), p95_s=p95, slowest=tuple(slowest))
