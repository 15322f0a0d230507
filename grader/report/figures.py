"""From the evidence of a check to the pictures and tables that show it."""

import difflib
import math
from collections import defaultdict
from dataclasses import dataclass, field, replace

from grader.core.record import (
    ArrayEvidence,
    CallEvidence,
    CheckResult,
    ExceptionEvidence,
    GraphEvidence,
    Number,
    ScalarEvidence,
    SequenceEvidence,
    Text,
    TimelineEvidence,
)
from grader.core.text import visible
from grader.report import curves, graphs, heatmaps
from grader.report.numbers import apart, differences, precise, real, shape_text
from grader.report.texts import say

PER_CHECK = 6
INPUTS = 6
LONG_VECTOR = 32  # longer vectors are curves
EVENTS = 200
OTHER_INK = 200  # a curve, graph or table weighs about as much as so many cells

_Paired = ArrayEvidence | SequenceEvidence | ScalarEvidence | TimelineEvidence


@dataclass(frozen=True, slots=True, kw_only=True)
class ScalarRow:
    """One name with its values, None where there is none."""

    name: str
    expected: str | None
    got: str | None
    difference: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ScalarTable:
    """Values without a picture."""

    rows: list[ScalarRow]
    kind: str = "scalars"


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineRow:
    """One step of two sequences of events, aligned."""

    n: int
    expected: str | None
    got: str | None
    differs: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """Events in order, side by side."""

    name: str
    rows: list[TimelineRow]
    caption: list[Text]
    kind: str = "timeline"


Figure = heatmaps.HeatMap | curves.Curve | graphs.Graph | ScalarTable | Timeline


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """Everything that a check shows."""

    call: str | None = None
    inputs: list[Figure] = field(default_factory=list)
    figures: list[Figure] = field(default_factory=list)
    exceptions: list[ExceptionEvidence] = field(default_factory=list)
    left_out: int = 0

    @property
    def ink(self) -> int:
        """How much is drawn, in cells of heat maps."""
        drawn = self.inputs + self.figures
        return sum(f.ink if isinstance(f, heatmaps.HeatMap) else OTHER_INK for f in drawn)


def figures_of(check: CheckResult, *, drawn: bool = True) -> Shown:
    """What to show of a check; without its pictures unless `drawn`."""
    calls = [e.text for e in check.evidence if isinstance(e, CallEvidence)]
    call = visible("\n".join(calls), 4000) if calls else None
    exceptions = [e for e in check.evidence if isinstance(e, ExceptionEvidence)][:3]
    if not drawn:
        other = len(check.evidence) - len(calls) - len(exceptions)
        return Shown(call=call, exceptions=exceptions, left_out=max(0, other))
    inputs: list[_Paired] = []
    pairs: dict[tuple[str, int], dict[str, _Paired]] = defaultdict(dict)
    seen: dict[tuple[str, str], int] = defaultdict(int)
    for item in check.evidence:
        if isinstance(item, ArrayEvidence | SequenceEvidence | ScalarEvidence | TimelineEvidence):
            if item.role == "input":
                inputs.append(item)
            else:
                pairs[item.name, seen[item.name, item.role]][item.role] = item
                seen[item.name, item.role] += 1
    figures: list[Figure] = [graphs.draw(e) for e in check.evidence if isinstance(e, GraphEvidence)]
    figures += _compared(_joined(list(pairs.values())))
    return Shown(
        call=call,
        inputs=_given(inputs[:INPUTS]),
        figures=figures[:PER_CHECK],
        exceptions=exceptions,
        left_out=max(0, len(figures) - PER_CHECK) + max(0, len(inputs) - INPUTS),
    )


def _joined(pairs: list[dict[str, _Paired]]) -> list[dict[str, _Paired]]:
    """One expected and one got that have different names belong together."""
    single = [pair for pair in pairs if len(pair) == 1]
    if len(single) == 2 and {role for pair in single for role in pair} == {"expected", "got"}:
        return [pair for pair in pairs if len(pair) == 2] + [single[0] | single[1]]
    return pairs


def _compared(pairs: list[dict[str, _Paired]]) -> list[Figure]:
    figures: list[Figure] = []
    rows: list[ScalarRow] = []
    for pair in pairs:
        want, got = pair.get("expected"), pair.get("got")
        drawn = _pair(want, got) if len(figures) <= PER_CHECK else []
        figures += drawn
        if not drawn:
            rows.append(_row(want, got))
    return ([ScalarTable(rows=rows)] if rows else []) + figures


def _pair(want: _Paired | None, got: _Paired | None) -> list[Figure]:
    if (
        isinstance(want, ArrayEvidence)
        and isinstance(got, ArrayEvidence)
        and _drawable(want)
        and _drawable(got)
    ):
        if want.shape == got.shape and len(want.shape) == 1 and want.shape[0] > LONG_VECTOR:
            drawn = curves.compare(curves.over_index(want), curves.over_index(got))
            return [replace(drawn, caption=drawn.caption + heatmaps.truncated(got))]
        return [heatmaps.compare(want, got)]
    if isinstance(want, SequenceEvidence | None) and isinstance(got, SequenceEvidence | None):
        return [curves.compare(want, got)]
    if isinstance(want, TimelineEvidence | None) and isinstance(got, TimelineEvidence | None):
        return [_timeline(want, got)]
    arrays = [e for e in (want, got) if isinstance(e, ArrayEvidence) and _drawable(e)]
    return [_alone(array) for array in arrays] if len(arrays) == 1 and (want is None or got is None) else []


def _drawable(array: ArrayEvidence) -> bool:
    return bool(array.shape) and math.prod(array.shape) > 0 and bool(array.data)


def _alone(array: ArrayEvidence) -> Figure:
    if len(array.shape) == 1 and array.shape[0] > LONG_VECTOR:
        return curves.compare(None, curves.over_index(array))
    return heatmaps.alone(array)


def _given(inputs: list[_Paired]) -> list[Figure]:
    figures: list[Figure] = []
    rows: list[ScalarRow] = []
    for item in inputs:
        if isinstance(item, ArrayEvidence) and _drawable(item):
            figures.append(_alone(item))
        elif isinstance(item, SequenceEvidence):
            figures.append(curves.compare(None, item))
        elif isinstance(item, TimelineEvidence):
            figures.append(_timeline(None, item))
        else:
            rows.append(ScalarRow(name=_name(item.name), expected=None, got=_value(item), difference=None))
    return ([ScalarTable(rows=rows)] if rows else []) + figures


def _name(name: str) -> str:
    return visible(name, 60, one_line=True)


def _number(item: _Paired | None) -> float | None:
    value: Number | str | None = None
    if isinstance(item, ScalarEvidence):
        value = item.value
    elif isinstance(item, ArrayEvidence) and not item.shape and item.data:
        value = item.data[0]
    if isinstance(value, str):
        return float(value) if value in ("nan", "inf", "-inf") else None
    return None if value is None else real(value)


def _value(item: _Paired | None) -> str:
    if item is None:
        return "—"
    number = _number(item)
    if number is not None:
        return precise(number)
    if isinstance(item, ScalarEvidence):
        return visible(str(item.value), 500)
    if isinstance(item, ArrayEvidence):
        return f"{_name(item.dtype)} {shape_text(item.shape)}"
    return "…"


def _row(want: _Paired | None, got: _Paired | None) -> ScalarRow:
    a, b = _number(want), _number(got)
    name = _name((got or want or _NOTHING).name)
    if a is None or b is None:
        return ScalarRow(name=name, expected=_value(want), got=_value(got), difference=None)
    one, other = apart(a, b)
    (difference,) = differences([a], [b])
    return ScalarRow(name=name, expected=one, got=other, difference=precise(difference))


def _timeline(want: TimelineEvidence | None, got: TimelineEvidence | None) -> Timeline:
    ours = [visible(e, 120, one_line=True) for e in want.events[:EVENTS]] if want else []
    theirs = [visible(e, 120, one_line=True) for e in got.events[:EVENTS]] if got else []
    name = _name((got or want or _NOTHING).name)
    rows: list[TimelineRow] = []
    if want is None or got is None:
        for n, event in enumerate(ours or theirs, start=1):
            ends = (event, None) if want is not None else (None, event)
            rows.append(TimelineRow(n=n, expected=ends[0], got=ends[1], differs=False))
        return Timeline(name=name, rows=rows, caption=[])
    matcher = difflib.SequenceMatcher(None, ours, theirs, autojunk=False)
    for tag, i, i_end, j, j_end in matcher.get_opcodes():
        for k in range(max(i_end - i, j_end - j)):
            a = ours[i + k] if i + k < i_end else None
            b = theirs[j + k] if j + k < j_end else None
            rows.append(TimelineRow(n=len(rows) + 1, expected=a, got=b, differs=tag != "equal"))
    first = next((row.n for row in rows if row.differs), None)
    return Timeline(name=name, rows=rows, caption=[say("timeline_words", n=first)] if first else [])


_NOTHING = ScalarEvidence(role="got", name="", value="")
