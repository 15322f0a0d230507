"""Figures of the class report: columns over scores or attempts, a bar of shares, and a map of checks.

Plain numbers that `_classfigures.html.j2` turns into SVG.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from grader.core.analysis import Analysis
from grader.core.items import CheckStatistics, End
from grader.report.curves import Tick, nice_ticks

WIDTH, LEFT, RIGHT = 400, 34, 8
TOP, COLUMN_H, BOTTOM = 20, 150, 38
MAP_H: Final = 220
LEAST: Final = 5  # columns of attempts, if empty ones
ATTEMPTS: Final = 12  # columns of attempts; the last one is of all that are more
APART: Final = 15.0  # numbers closer than this to one another would not be read
_FULL: Final = 13.0  # radius of a dot that stands for all checks


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A part of a column or of a bar; places in the figure's own units."""

    css: str
    at: float
    size: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column with what stands below it and above it."""

    x: float
    width: float
    label: str
    count: str
    top: float
    parts: list[Part]


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """Columns side by side over a common scale of counts."""

    width: float
    height: float
    left: float
    right: float
    base: float
    y_ticks: list[Tick]
    columns: list[Column]
    mark: float | None
    """Where the median stands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dot:
    """Checks that lie in one place of the map."""

    x: float
    y: float
    radius: float
    doubtful: bool
    label: str
    """Empty where there is no room."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckMap:
    """Checks by share who pass (across) and discrimination (upwards)."""

    width: float
    height: float
    left: float
    right: float
    top: float
    bottom: float
    zero: float
    x_ticks: list[Tick]
    y_ticks: list[Tick]
    dots: list[Dot]


def _columns(
    labels: Sequence[str], counts: Sequence[Mapping[str, int]], mark: float | None = None
) -> Columns:
    """Stacked columns; `mark` in columns from the left."""
    totals = [sum(parts.values()) for parts in counts]
    most = max(1, *totals)
    step = (WIDTH - LEFT - RIGHT) / len(labels)
    base = float(TOP + COLUMN_H)
    made = []
    for place, (label, parts) in enumerate(zip(labels, counts, strict=True)):
        at = base
        stack = []
        for css, count in parts.items():
            size = round(COLUMN_H * count / most, 1)
            at = round(at - size, 1)
            if count:
                stack.append(Part(css=css, at=at, size=size))
        made.append(
            Column(
                x=round(LEFT + place * step + 0.08 * step, 1),
                width=round(0.84 * step, 1),
                label=label,
                count=str(totals[place]) if totals[place] else "",
                top=at,
                parts=stack,
            )
        )
    # Counts are whole: no lines between them.
    ticks = [value for value in nice_ticks(0.0, float(most), 4) if value == int(value)]
    return Columns(
        width=WIDTH,
        height=base + BOTTOM,
        left=LEFT,
        right=WIDTH - RIGHT,
        base=base,
        y_ticks=[Tick(at=round(base - COLUMN_H * v / most, 1), text=str(int(v))) for v in ticks],
        columns=made,
        mark=None if mark is None else round(LEFT + mark * step, 1),
    )


def score_columns(analysis: Analysis) -> Columns:
    """How many have how much, in tenths of the points and all of them, and where the median lies."""
    bins = analysis.scores.bins
    labels = [*(str(10 * place) for place in range(len(bins) - 1)), "100"]
    middle = analysis.scores.median / 10
    return _columns(
        labels,
        [{"full" if place == len(bins) - 1 else "some": count} for place, count in enumerate(bins)],
        mark=middle + 0.5 if middle >= len(bins) - 1 else middle,
    )


def attempt_columns(analysis: Analysis) -> Columns:
    """How many had all points at their first, second, … attempt; and who has made so many without."""
    full, trying = (_bounded(counts) for counts in (analysis.attempts.full, analysis.attempts.trying))
    empty = [0] * (LEAST - len(full))
    full, trying = full + empty, trying + empty
    labels = [str(k) for k in range(1, len(full) + 1)]
    if len(analysis.attempts.full) > ATTEMPTS:
        labels[-1] = f"≥ {ATTEMPTS}"
    return _columns(labels, [{"full": f, "trying": t} for f, t in zip(full, trying, strict=True)])


def _bounded(counts: Sequence[int]) -> list[int]:
    return list(counts[: ATTEMPTS - 1]) + [sum(counts[ATTEMPTS - 1 :])] * (len(counts) >= ATTEMPTS)


def bar(ends: Mapping[End, int]) -> list[Part]:
    """How a check ended over the class, as parts of a bar from 0 to 100."""
    total = sum(ends.values())
    at = 0.0
    parts = []
    for end, count in ends.items():
        size = 100 * count / total
        parts.append(Part(css=end.value, at=round(at, 2), size=round(size, 2)))
        at += size
    return parts


def check_map(numbered: Sequence[tuple[int, CheckStatistics]]) -> CheckMap | None:
    """The checks that have a discrimination, under the numbers that a table gives them; None for none."""
    places: dict[tuple[float, float], list[tuple[int, CheckStatistics]]] = {}
    left, right, top, bottom = float(LEFT), float(WIDTH - 14), 12.0, float(12 + MAP_H)
    for number, check in numbered:
        if check.discrimination is not None:
            x = float(round(left + (right - left) * check.rate))
            y = float(round(top + (bottom - top) * (1 - check.discrimination) / 2))
            places.setdefault((x, y), []).append((number, check))
    if not places:
        return None
    dots: list[Dot] = []
    labelled: list[tuple[float, float]] = []
    total = sum(map(len, places.values()))
    # The doubtful first, then the hardest: where there is room for few numbers, theirs are read.
    ordered = sorted(places.items(), key=lambda one: (not _doubtful(one[1]), one[1][0][0]))
    for (x, y), several in ordered:
        room = all(max(abs(x - a), abs(y - b)) >= APART for a, b in labelled)
        if room:
            labelled.append((x, y))
        dots.append(
            Dot(
                x=x,
                y=y,
                radius=round(max(4.0, _FULL * math.sqrt(len(several) / total)), 1),
                doubtful=_doubtful(several),
                label=_numbers([number for number, _ in several]) if room else "",
            )
        )
    return CheckMap(
        width=WIDTH,
        height=bottom + BOTTOM,
        left=left,
        right=right,
        top=top,
        bottom=bottom,
        zero=(top + bottom) / 2,
        x_ticks=[Tick(at=round(left + (right - left) * k / 4, 1), text=str(25 * k)) for k in range(5)],
        y_ticks=[
            Tick(at=round(top + (bottom - top) * (1 - v) / 2, 1), text=f"{v:g}".replace("-", "−"))
            for v in (-1, -0.5, 0, 0.5, 1)
        ],
        dots=dots,
    )


def _doubtful(several: Sequence[tuple[int, CheckStatistics]]) -> bool:
    return any(check.doubtful for _, check in several)


def _numbers(numbers: Sequence[int]) -> str:
    """The first of them, and how many there are besides."""
    return str(numbers[0]) if len(numbers) == 1 else f"{numbers[0]} +{len(numbers) - 1}"
