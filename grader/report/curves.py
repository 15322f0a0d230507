"""Curves: expected solid, got dashed, and their difference below; also long vectors over their index.

Plain numbers that `_curve.html.j2` turns into SVG.
"""

import math
from dataclasses import dataclass

from grader.core.record import ArrayEvidence, SequenceEvidence, Text
from grader.core.text import visible
from grader.report.numbers import apart, differences, precise, real, short, worst_of
from grader.report.texts import say

WIDTH, LEFT, RIGHT = 400, 44, 10
TOP, MAIN_H, BETWEEN, DIFF_H, BOTTOM = 12, 180, 26, 70, 24
POINTS = 240  # points drawn of a curve
DOTTED = 24  # points up to which each is marked


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """A line across a plot with its number."""

    at: float
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Plot:
    """One coordinate system with its lines; `lines` are (css class, path)."""

    top: float
    height: float
    heading: Text | None
    y_ticks: list[Tick]
    lines: list[tuple[str, str]]
    dots: list[tuple[str, str]]
    crosses: list[float]
    """Where got is not finite: x of a cross on the lower edge."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """Plots one above the other over the same x."""

    name: str
    width: float
    height: float
    left: float
    right: float
    plots: list[Plot]
    x_ticks: list[Tick]
    keys: list[tuple[str, Text]]
    mark: tuple[float, float] | None
    caption: list[Text]
    kind: str = "curve"


def nice_ticks(low: float, high: float, count: int) -> list[float]:
    """Round numbers (1, 2, 5 times a power of ten) from `low` to `high`."""
    span = high - low
    if not (span > 1e-300 and math.isfinite(span)):
        return [low]
    raw = span / count
    power = 10.0 ** math.floor(math.log10(raw))
    step = power * next((m for m in (1, 2, 5) if m * power >= raw), 10)
    if not step > 0:
        return [low]
    first = math.ceil(low / step - 1e-9)
    return [k * step for k in range(first, first + count + 2) if k * step <= high + step * 1e-9]


def _range(values: list[float]) -> tuple[float, float]:
    finite = [v for v in values if math.isfinite(v)]
    low, high = min(finite, default=0.0), max(finite, default=1.0)
    pad = (high / 2 - low / 2) * 0.12 or abs(high) * 0.1 or 1.0
    low, high = max(low - pad, -1e300), min(high + pad, 1e300)
    return low, high


class _Axis:
    """A linear map from numbers to places; what lies beyond lands on the edge."""

    def __init__(self, low: float, high: float, start: float, end: float) -> None:
        self.low, self.high, self.start, self.end = low, high, start, end

    def __call__(self, value: float) -> float:
        span = self.high - self.low
        share = (value - self.low) / span if span else 0.5
        return round(self.start + max(0.0, min(1.0, share)) * (self.end - self.start), 1)

    def ticks(self, count: int) -> list[Tick]:
        """Ticks at round numbers."""
        return [Tick(at=self(v), text=short(v)) for v in nice_ticks(self.low, self.high, count)]


def _thin(xs: list[float], ys: list[float]) -> list[tuple[float, float]]:
    """At most POINTS points, keeping the lowest and highest of each stretch."""
    points = list(zip(xs, ys, strict=False))
    if len(points) <= POINTS:
        return points
    kept: list[tuple[float, float]] = []
    size = -(-len(points) * 2 // POINTS)
    for k in range(0, len(points), size):
        part = range(k, min(k + size, len(points)))
        odd = next((i for i in part if not math.isfinite(points[i][1])), None)
        if odd is not None:
            kept.append(points[odd])
            continue
        ends = {min(part, key=lambda i: points[i][1]), max(part, key=lambda i: points[i][1])}
        kept += [points[i] for i in sorted(ends)]
    return kept


def _path(points: list[tuple[float, float]], x_axis: _Axis, y_axis: _Axis) -> str:
    parts: list[str] = []
    pen = "M"
    for x, y in points:
        if math.isfinite(x) and math.isfinite(y):
            parts.append(f"{pen}{x_axis(x):g} {y_axis(y):g}")
            pen = "L"
        else:
            pen = "M"
    return "".join(parts)


def _dots(points: list[tuple[float, float]], x_axis: _Axis, y_axis: _Axis, *, square: bool) -> str:
    shape = "m-3 -3h6v6h-6z" if square else "m-3 0a3 3 0 1 0 6 0a3 3 0 1 0 -6 0z"
    ends = (p for p in points if math.isfinite(p[0]) and math.isfinite(p[1]))
    return "".join(f"M{x_axis(x):g} {y_axis(y):g}{shape}" for x, y in ends)


def _reals(values: list[int | float | str]) -> list[float]:
    return [real(v) for v in values]  # type: ignore[arg-type]


def compare(expected: SequenceEvidence | None, got: SequenceEvidence | None) -> Curve:
    """One curve or two; with their difference if both have the same x."""
    series = [(s.role, _reals(list(s.x)), _reals(list(s.y))) for s in (expected, got) if s is not None]
    name = visible((got or expected or _NONE).name, 60, one_line=True)
    xs = [x for _, x_values, _ in series for x in x_values if math.isfinite(x)]
    x_low, x_high = min(xs, default=0.0), max(xs, default=1.0)
    if x_low == x_high:
        x_low, x_high = x_low - 0.5, x_high + 0.5
    x_axis = _Axis(x_low, x_high, LEFT, WIDTH - RIGHT)

    low, high = _range([y for _, _, y_values in series for y in y_values])
    clipped = False
    if len(series) == 2:
        want_low, want_high = _range(series[0][2])
        if any(math.isfinite(v) for v in series[0][2]) and high / 2 - low / 2 > 5 * (want_high - want_low):
            room = want_high - want_low
            low, high, clipped = max(low, want_low - room), min(high, want_high + room), True
    y_axis = _Axis(low, high, TOP + MAIN_H, TOP)

    lines: list[tuple[str, str]] = []
    dots: list[tuple[str, str]] = []
    keys: list[tuple[str, Text]] = []
    crosses: list[float] = []
    odd = 0
    for role, x_values, y_values in series:
        thin = _thin(x_values, y_values)
        lines.append((role, _path(thin, x_axis, y_axis)))
        if len(thin) <= DOTTED:
            dots.append((role, _dots(thin, x_axis, y_axis, square=role == "got")))
        if role != "expected":
            odd = sum(not math.isfinite(y) for y in y_values)
            crosses = sorted({x_axis(x) for x, y in thin if math.isfinite(x) and not math.isfinite(y)})
        keys.append((role, say(role)))
    main = {"top": TOP, "height": MAIN_H}
    plots = [Plot(**main, heading=None, y_ticks=y_axis.ticks(5), lines=lines, dots=dots, crosses=crosses)]

    caption: list[Text] = []
    mark: tuple[float, float] | None = None
    bottom = float(TOP + MAIN_H)
    if len(series) == 2:
        (_, x_want, want), (_, x_got, have) = series
        if x_want == x_got and len(want) == len(have):
            difference = differences(want, have)
            worst = worst_of(difference)
            if worst is None:
                caption.append(say("none_off"))
            else:
                one, other = apart(want[worst], have[worst])
                facts = {"x": precise(x_want[worst]), "difference": precise(difference[worst])}
                caption.append(say("curve_words", expected=one, got=other, **facts))
                if math.isfinite(have[worst]) and math.isfinite(x_want[worst]):
                    mark = (x_axis(x_want[worst]), y_axis(have[worst]))
            plots.append(_difference(x_want, difference, x_axis))
            bottom = plots[-1].top + DIFF_H
        else:
            caption.append(say("curve_other_x"))
    elif series:
        finite = [y for y in series[0][2] if math.isfinite(y)] or [math.nan]
        facts = {"y_low": precise(min(finite)), "y_high": precise(max(finite))}
        caption.append(say("curve_alone", low=precise(x_low), high=precise(x_high), **facts))
    caption += [say("curve_gaps", n=odd)] if odd else []
    caption += [say("clipped")] if clipped else []
    return Curve(
        name=name,
        width=WIDTH,
        height=bottom + BOTTOM,
        left=LEFT,
        right=WIDTH - RIGHT,
        plots=plots,
        x_ticks=x_axis.ticks(6),
        keys=keys,
        mark=mark,
        caption=caption,
    )


def _difference(xs: list[float], difference: list[float], x_axis: _Axis) -> Plot:
    top = float(TOP + MAIN_H + BETWEEN)
    high = max((d for d in difference if math.isfinite(d)), default=0.0) or 1.0
    y_axis = _Axis(0.0, min(high * 1.1, 1e300), top + DIFF_H, top)
    line = _path(_thin(xs, difference), x_axis, y_axis)
    return Plot(
        top=top,
        height=DIFF_H,
        heading=say("difference"),
        y_ticks=y_axis.ticks(3),
        lines=[("difference", line)],
        dots=[],
        crosses=[],
    )


def over_index(array: ArrayEvidence) -> SequenceEvidence:
    """A vector as a curve over its index."""
    return SequenceEvidence(role=array.role, name=array.name, x=list(range(len(array.data))), y=array.data)


_NONE = SequenceEvidence(role="got", name="", x=[], y=[])
