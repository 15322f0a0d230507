"""Arrays as heat maps: plain numbers and texts that `_heatmap.html.j2` turns into SVG.

Colours are levels: a hue (`neg`, `pos`, `off`) with an opacity, so that one picture serves light
and dark. Cells of one level share one path, which keeps files small and rendering quick.
"""

import math
from collections import defaultdict
from dataclasses import dataclass

from grader.core.record import ArrayEvidence, Text
from grader.core.text import visible
from grader.report.layout import TICK_W, Layout, layout_of, ravel, unravel
from grader.report.numbers import (
    apart,
    differences,
    largest,
    precise,
    real,
    shape_text,
    short,
    worst_of,
)
from grader.report.texts import say

LEVELS = 8
STRONG = 7  # from here on, numbers in cells have the colour of the background; one below, in dark only
_OPACITY = ["1"] + [f"{level / LEVELS:.3g}" for level in range(1, LEVELS + 1)]  # 0: cells without a level


@dataclass(frozen=True, slots=True, kw_only=True)
class Fill:
    """Cells of one colour."""

    css: str
    opacity: str
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """Texts at one height: `cells` are (x, text)."""

    css: str
    y: float
    cells: list[tuple[float, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rect:
    """A rectangle; `r` rounds its corners."""

    x: float
    y: float
    w: float
    h: float
    r: float = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What boxes of one layout share: the panels with their titles and indices."""

    panels: list[Rect]
    rows: list[Row]


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """One picture: an array, or a difference of two."""

    heading: Text
    detail: str
    alt: Text
    width: float
    height: float
    frame: Frame | None
    """None: that of the box before."""
    fills: list[Fill]
    rows: list[Row]
    mark: Rect | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """What the colours of a heat map stand for; `kind` is `value` or `difference`."""

    kind: str
    low: str
    high: str
    heading: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class HeatMap:
    """Boxes side by side with one caption."""

    name: str
    boxes: list[Box]
    scales: list[Scale]
    caption: list[Text]
    notes: list[Text]
    marked: bool
    ink: int
    """How much is drawn, in cells; for caps."""
    kind: str = "heatmap"


_Texts = dict[tuple[str, float], list[tuple[float, str]]]


def _draw(
    layout: Layout, values: list[float], limit: float, *, difference: bool
) -> tuple[list[Fill], list[Row]]:
    paths: dict[tuple[str, int], list[str]] = defaultdict(list)
    texts: _Texts = defaultdict(list)
    w, h = layout.cell_w, layout.cell_h
    cell = f"h{w - 1:g}v{h - 1:g}h{1 - w:g}z"
    roomy = w >= 20  # wide enough to write nan in small
    share = LEVELS / limit if limit and LEVELS / limit < math.inf else 0.0
    for panel in layout.panels:
        left, top = panel.x + TICK_W, panel.y + layout.top_of(panel)
        for row in layout.rows:
            y = top + (row - layout.rows.start) * h
            base = panel.base + row * layout.stride
            x = left - w
            for flat in range(base + layout.columns.start, min(base + layout.columns.stop, layout.size)):
                x += w
                if flat >= len(values):
                    paths["gone", 0].append(f"M{x + 0.5:g} {y + 0.5:g}{cell}")
                    continue
                value = values[flat]
                style = "num"
                if math.isfinite(value):
                    level = round(min(abs(value) * share, LEVELS))
                    if level:
                        css = "off" if difference else "neg" if value < 0 else "pos"
                        paths[css, level].append(f"M{x + 0.5:g} {y + 0.5:g}{cell}")
                        if level >= STRONG - 1:
                            style = "num strong" if level >= STRONG or difference else "num mid"
                else:
                    paths["nan", 0].append(f"M{x + 0.5:g} {y + 0.5:g}{cell}")
                    style = "num odd" if layout.numbered else "num odd tiny"
                if layout.numbered or (roomy and style == "num odd tiny"):
                    texts[style, y + h / 2 + 4].append((x + w / 2, short(value)))
    fills = [
        Fill(css=css, opacity=_OPACITY[level], path="".join(parts)) for (css, level), parts in paths.items()
    ]
    return fills, _rows(texts)


def _rows(texts: _Texts) -> list[Row]:
    return [Row(css=css, y=y, cells=cells) for (css, y), cells in texts.items()]


def _frame(layout: Layout) -> Frame:
    texts: _Texts = defaultdict(list)
    panels: list[Rect] = []
    w, h = layout.cell_w * len(layout.columns), layout.cell_h * len(layout.rows)
    for panel in layout.panels:
        left, top = panel.x + TICK_W, panel.y + layout.top_of(panel)
        panels.append(Rect(x=left, y=top, w=w, h=h))
        if panel.title:
            texts["panel-title", panel.y + 12].append((left, panel.title))
        _ticks(layout, left, top, texts)
    return Frame(panels=panels, rows=_rows(texts))


def _ticks(layout: Layout, left: float, top: float, texts: _Texts) -> None:
    every = 1 if layout.cell_w >= 16 else max(2, -(-22 // int(layout.cell_w)))
    columns = list(enumerate(layout.columns))[::every]
    texts["tick", top - 4] += [(left + (k + 0.5) * layout.cell_w, str(column)) for k, column in columns]
    every = 1 if layout.cell_h >= 12 else max(2, -(-12 // int(layout.cell_h)))
    for k, row in list(enumerate(layout.rows))[::every]:
        y = top + (k + 0.5) * layout.cell_h + 4
        texts["tick row", y].append((left - 5, str(row * layout.stride) if layout.wrapped else str(row)))


def _mark(layout: Layout, worst: int | None) -> Rect | None:
    spot = None if worst is None else layout.place(worst)
    if spot is None:
        return None
    grow = 0.0 if layout.numbered else 3.0
    w, h = layout.cell_w + 2 * grow, layout.cell_h + 2 * grow
    return Rect(x=spot[0] - grow, y=spot[1] - grow, w=w, h=h, r=3 if layout.numbered else w / 2)


def _box(
    array: ArrayEvidence,
    values: list[float],
    layout: Layout,
    limit: float,
    heading: Text,
    worst: int | None,
    *,
    framed: bool = True,
    difference: bool = False,
) -> Box:
    fills, rows = _draw(layout, values, limit, difference=difference)
    finite = [v for v in values if math.isfinite(v)]
    facts = {"name": heading, "shape": shape_text(array.shape)}
    if finite:
        alt = say("array_words", low=precise(min(finite)), high=precise(max(finite)), **facts)
    else:
        alt = say("no_finite", **facts)
    return Box(
        heading=heading,
        detail="" if difference else f"{shape_text(array.shape)} · {array.dtype}",
        alt=alt,
        width=layout.width,
        height=layout.height,
        frame=_frame(layout) if framed else None,
        fills=fills,
        rows=rows,
        mark=_mark(layout, worst),
    )


def _scale(kind: str, limit: float) -> Scale:
    low = "0" if kind == "difference" else short(-limit)
    return Scale(
        kind=kind,
        low=low,
        high=precise(limit),
        heading=say("difference" if kind == "difference" else "values"),
    )


def _axes_notes(array: ArrayEvidence) -> list[Text]:
    axes = array.axes
    if axes is None or len(axes) != len(array.shape):
        return []
    axes = [visible(a, 40, one_line=True) for a in axes]
    if len(axes) == 1:
        return [say("one_axis", name=axes[0])]
    notes = [say("axes_2d", rows=axes[-2], columns=axes[-1])]
    if len(axes) > 2:
        notes.append(say("panels_are", names=", ".join(axes[:-2])))
    return notes


def truncated(array: ArrayEvidence) -> list[Text]:
    """A note if only the beginning of an array was kept."""
    total = math.prod(array.shape)
    return [] if len(array.data) >= total else [say("truncated", shown=len(array.data), total=total)]


def _values(array: ArrayEvidence) -> list[float]:
    return [real(v) for v in array.data[: math.prod(array.shape)]]


def _off(expected: list[float], difference: list[float], dtype: str) -> int:
    narrow = dtype in ("float16", "bfloat16", "float32", "complex64")
    rtol, atol = (1e-4, 1e-5) if narrow else (1e-9, 1e-10)  # the tolerances of the oracles
    floor = atol * largest(expected)
    pairs = zip(expected, difference, strict=False)
    return sum(not d <= floor + rtol * abs(e) for e, d in pairs if d != 0)


def alone(array: ArrayEvidence) -> HeatMap:
    """One array by itself, such as an input."""
    values = _values(array)
    layout = layout_of(array, None)
    limit = largest(values)
    name = visible(array.name, 60, one_line=True)
    heading = Text(en=name, ko=name) if name else say(array.role)
    return HeatMap(
        name="",  # it heads the box
        boxes=[_box(array, values, layout, limit, heading, None)],
        scales=[_scale("value", limit)],
        caption=[],
        notes=_axes_notes(array) + layout.notes + truncated(array),
        marked=False,
        ink=layout.cells,
    )


def compare(expected: ArrayEvidence, got: ArrayEvidence) -> HeatMap:
    """Expected and got on a common scale, with their difference if the shapes agree."""
    want, have = _values(expected), _values(got)
    limit, own = largest(want), largest(have)
    clipped = bool(limit) and own > 10 * limit
    limit = limit if clipped else max(limit, own)
    alike = expected.shape == got.shape
    difference = differences(want, have) if alike else []
    worst = ravel(got.worst or expected.worst, got.shape) if alike else None
    if alike and worst is None:
        worst = worst_of(difference)
    layout = layout_of(expected, worst)
    theirs = layout if alike else layout_of(got, None)
    boxes = [
        _box(expected, want, layout, limit, say("expected"), worst),
        _box(got, have, theirs, limit, say("got"), worst, framed=not alike),
    ]
    scales = [_scale("value", limit)]
    caption: list[Text] = []
    if alike:
        most = largest(difference)
        heading = say("difference")
        boxes.append(_box(got, difference, layout, most, heading, worst, framed=False, difference=True))
        scales.append(_scale("difference", most))
        caption += _words(want, have, difference, worst, got)
    else:
        facts = {"expected": shape_text(expected.shape), "got": shape_text(got.shape)}
        caption.append(say("shapes_differ", **facts))
    odd = sum(not math.isfinite(v) for v in have)
    caption += [say("not_finite", n=odd)] if odd else []
    caption += [say("beyond")] if clipped else []
    notes = _axes_notes(expected) + layout.notes + (truncated(expected) or truncated(got))
    marked = any(box.mark is not None for box in boxes)
    name = visible(got.name, 60, one_line=True)
    return HeatMap(
        name=name,
        boxes=boxes,
        scales=scales,
        caption=caption,
        notes=notes,
        marked=marked,
        ink=len(boxes) * layout.cells,
    )


def _words(
    want: list[float], have: list[float], difference: list[float], worst: int | None, got: ArrayEvidence
) -> list[Text]:
    if not difference or worst is None:
        return [say("none_off")] if difference else []
    words = []
    if worst < len(difference):
        one, other = apart(want[worst], have[worst])
        index = str(unravel(worst, got.shape))
        values = {"expected": one, "got": other, "difference": precise(difference[worst])}
        words.append(say("worst_words", index=index, **values))
    wrong = _off(want, difference, got.dtype)
    if wrong:
        words.append(say("count_words", wrong=wrong, total=len(difference)))
    return words
