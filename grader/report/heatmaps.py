"""Arrays as heat maps: plain numbers and texts that `_heatmap.html.j2` turns into SVG.

Colours are levels: a hue (`neg`, `pos`, `off`) with an opacity, so that one picture serves light
and dark. Cells of one level share one path, which keeps files small and rendering quick.
"""

import math
from dataclasses import dataclass, field

from grader.core.record import ArrayEvidence, Text
from grader.core.text import visible
from grader.report.numbers import apart, precise, real, same, shape_text, short
from grader.report.texts import say

LEVELS = 8
STRONG = 7  # from this level on, numbers in cells are written in the colour of the background
WIDTH = 380  # a box is as wide as this at most, in its own units
WINDOW = 32  # rows and columns shown of a panel
PANELS = 12  # panels shown of an array
NUMBERED = 120  # cells up to which numbers are written into them
COLUMNS_NUMBERED = 8
CELL_W, CELL_H = 46, 30
TICK_W, TICK_H, TITLE_H, GAP = 24, 16, 18, 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Fill:
    """Cells of one colour."""

    css: str
    opacity: str | None
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """A text at a place."""

    x: float
    y: float
    css: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rect:
    """A rectangle; `r` rounds its corners."""

    x: float
    y: float
    w: float
    h: float
    r: float = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Swatch:
    """One colour of a scale."""

    x: int
    css: str
    opacity: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """One picture: an array, or a difference of two."""

    heading: Text
    detail: str
    alt: Text
    width: float
    height: float
    panels: list[Rect]
    fills: list[Fill]
    labels: list[Label]
    mark: Rect | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """Colours of numbers from -limit (or 0, where `css` is `off`) to limit."""

    low: str
    high: str
    swatches: list[Swatch]
    heading: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class HeatMap:
    """Boxes side by side with one caption."""

    name: str
    boxes: list[Box]
    scales: list[Scale]
    caption: list[Text]
    marked: bool
    kind: str = "heatmap"


@dataclass(frozen=True, slots=True)
class _Panel:
    x: float
    y: float
    title: str
    base: int  # flat index of its first entry


@dataclass(slots=True)
class _Layout:
    """Where the entries of an array lie in a box; the same for expected, got and difference."""

    panels: list[_Panel]
    rows: range
    columns: range
    stride: int  # entries a row of the array has
    size: int  # entries of the whole array
    cell_w: float
    cell_h: float
    width: float
    height: float
    numbered: bool
    notes: list[Text] = field(default_factory=list)

    def place(self, flat: int) -> tuple[float, float] | None:
        """Upper left corner of an entry, if it is shown."""
        for panel in self.panels:
            row, column = divmod(flat - panel.base, self.stride)
            if flat >= panel.base and row in self.rows and column in self.columns:
                x = panel.x + TICK_W + (column - self.columns.start) * self.cell_w
                y = panel.y + self.top_of(panel) + (row - self.rows.start) * self.cell_h
                return x, y
        return None

    @staticmethod
    def top_of(panel: _Panel) -> int:
        """Room for titles and ticks above the cells."""
        return TICK_H + (TITLE_H if panel.title else 0)


def _window(size: int, centre: int) -> range:
    start = max(0, min(size - WINDOW, centre - WINDOW // 2))
    return range(start, min(size, start + WINDOW))


def unravel(flat: int, shape: list[int]) -> list[int]:
    """The index of the entry at `flat` in C order."""
    index: list[int] = []
    for n in reversed(shape):
        flat, i = divmod(flat, n)
        index.append(i)
    return index[::-1]


def ravel(index: list[int] | None, shape: list[int]) -> int | None:
    """The place in C order of the entry at `index`; None if it is none of this shape."""
    if index is None or len(index) != len(shape):
        return None
    flat = 0
    for i, n in zip(index, shape, strict=True):
        if not 0 <= i < n:
            return None
        flat = flat * n + i
    return flat


def _layout(array: ArrayEvidence, worst: int | None) -> _Layout:
    shape = array.shape
    size = math.prod(shape)
    wrapped = len(shape) == 1
    stride = min(COLUMNS_NUMBERED, shape[0]) if wrapped else shape[-1]
    n_rows = -(-size // stride) if wrapped else shape[-2]
    lead = shape[:-2]
    per_panel = size if wrapped else stride * n_rows
    count = 1 if wrapped else math.prod(lead)
    at = (worst or 0) % per_panel
    rows, columns = _window(n_rows, at // stride), _window(stride, at % stride)

    here = (worst or 0) // per_panel
    first = 0 if here < PANELS else here - here % PANELS
    chosen = range(first, min(count, first + PANELS))
    numbered = len(columns) <= COLUMNS_NUMBERED and len(rows) * len(columns) * len(chosen) <= NUMBERED
    cell_w = float(CELL_W) if numbered else float(max(8, min(22, (WIDTH - TICK_W) // len(columns))))
    cell_h = float(CELL_H) if numbered else cell_w
    panel_w = TICK_W + cell_w * len(columns) + GAP
    across = max(1, min(int((WIDTH + GAP) // panel_w), lead[-1] if lead else 1, len(chosen)))
    if not numbered and lead and len(chosen) > across:
        across = max(1, min(int((WIDTH + GAP) // panel_w), len(chosen)))
    titles = count > 1 or (array.axes is not None and bool(lead))
    panel_h = TICK_H + (TITLE_H if titles else 0) + cell_h * len(rows) + GAP
    panels = []
    for k, number in enumerate(chosen):
        title = _panel_title(unravel(number, lead), array.axes, panel_w) if titles else ""
        panels.append(_Panel(k % across * panel_w, k // across * panel_h, title, number * per_panel))
    layout = _Layout(
        panels=panels,
        rows=rows,
        columns=columns,
        stride=stride,
        size=size,
        cell_w=cell_w,
        cell_h=cell_h,
        width=across * panel_w - GAP + 2,
        height=-(-len(panels) // across) * panel_h - GAP + 2,
        numbered=numbered,
    )
    if len(chosen) < count:
        layout.notes.append(say("panels_part", shown=len(chosen), total=count))
    if len(rows) < n_rows or len(columns) < stride:
        part = f"[{rows.start}:{rows.stop}, {columns.start}:{columns.stop}]"
        layout.notes.append(say("part", part=part))
    return layout


def _panel_title(index: list[int], axes: list[str] | None, room: float) -> str:
    if axes is not None:
        named = " · ".join(f"{visible(a, 12, one_line=True)} {i}" for a, i in zip(axes, index, strict=False))
        if len(named) * 7 <= room:
            return named
    return f"[{', '.join(map(str, index))}]"


def _limit(values: list[float]) -> float:
    return max((abs(v) for v in values if math.isfinite(v)), default=0.0)


def _level(value: float, limit: float) -> int:
    if not limit:
        return 0
    return min(LEVELS, round(min(abs(value) / limit, 1) * LEVELS))


def _opacity(level: int) -> str:
    return f"{level / LEVELS:.3g}"


def _draw(
    layout: _Layout, values: list[float], limit: float, *, difference: bool
) -> tuple[list[Fill], list[Label]]:
    paths: dict[tuple[str, int], list[str]] = {}
    labels: list[Label] = []
    w, h = layout.cell_w, layout.cell_h
    cell = f"h{w - 1:g}v{h - 1:g}h{1 - w:g}z"
    middle, baseline = w / 2, h / 2 + 4
    for panel in layout.panels:
        left, top = panel.x + TICK_W, panel.y + layout.top_of(panel)
        if panel.title:
            labels.append(Label(x=left, y=panel.y + 12, css="panel-title", text=panel.title))
        labels += _ticks(layout, left, top)
        for row in layout.rows:
            y = top + (row - layout.rows.start) * h
            base = panel.base + row * layout.stride
            for column in layout.columns:
                flat = base + column
                if flat >= layout.size:
                    break
                x = left + (column - layout.columns.start) * w
                if flat >= len(values):
                    paths.setdefault(("gone", 0), []).append(f"M{x + 0.5:g} {y + 0.5:g}{cell}")
                    continue
                value = values[flat]
                if math.isfinite(value):
                    level = _level(value, limit)
                    css = "off" if difference else "neg" if value < 0 else "pos"
                    if level:
                        paths.setdefault((css, level), []).append(f"M{x + 0.5:g} {y + 0.5:g}{cell}")
                else:
                    level, css = 0, "nan"
                    paths.setdefault((css, 0), []).append(f"M{x + 0.5:g} {y + 0.5:g}{cell}")
                if layout.numbered:
                    style = "num strong" if level >= STRONG else "num odd" if css == "nan" else "num"
                    labels.append(Label(x=x + middle, y=y + baseline, css=style, text=short(value)))
                elif css == "nan" and w >= 20:
                    labels.append(Label(x=x + middle, y=y + h / 2 + 3, css="num tiny odd", text=short(value)))
    fills = [
        Fill(css=css, opacity=_opacity(level) if level else None, path="".join(parts))
        for (css, level), parts in paths.items()
    ]
    return fills, labels


def _ticks(layout: _Layout, left: float, top: float) -> list[Label]:
    labels = []
    wrapped = layout.stride * len(layout.rows) >= layout.size and len(layout.panels) == 1
    every = 1 if layout.cell_w >= 16 else max(2, -(-22 // int(layout.cell_w)))
    for k, column in enumerate(layout.columns):
        if k % every == 0:
            x = left + (k + 0.5) * layout.cell_w
            labels.append(Label(x=x, y=top - 4, css="tick", text=str(column)))
    every = 1 if layout.cell_h >= 12 else max(2, -(-12 // int(layout.cell_h)))
    for k, row in enumerate(layout.rows):
        if k % every == 0:
            y = top + (k + 0.5) * layout.cell_h + 4
            text = str(row * layout.stride) if wrapped and layout.size % layout.stride else str(row)
            labels.append(Label(x=left - 5, y=y, css="tick row", text=text))
    return labels


def _mark(layout: _Layout, worst: int | None) -> Rect | None:
    spot = None if worst is None else layout.place(worst)
    if spot is None:
        return None
    grow = 0.0 if layout.numbered else 3.0
    w, h = layout.cell_w + 2 * grow, layout.cell_h + 2 * grow
    return Rect(x=spot[0] - grow, y=spot[1] - grow, w=w, h=h, r=3 if layout.numbered else w / 2)


def _panels(layout: _Layout) -> list[Rect]:
    w, h = layout.cell_w * len(layout.columns), layout.cell_h * len(layout.rows)
    return [Rect(x=p.x + TICK_W, y=p.y + layout.top_of(p), w=w, h=h) for p in layout.panels]


def _box(
    array: ArrayEvidence,
    values: list[float],
    layout: _Layout,
    limit: float,
    heading: Text,
    worst: int | None,
    *,
    difference: bool = False,
) -> Box:
    fills, labels = _draw(layout, values, limit, difference=difference)
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
        panels=_panels(layout),
        fills=fills,
        labels=labels,
        mark=_mark(layout, worst),
    )


def _scale(limit: float, heading: Text, *, difference: bool) -> Scale:
    levels = range(LEVELS + 1) if difference else range(-LEVELS, LEVELS + 1)
    swatches = [
        Swatch(
            x=k * (12 if difference else 9),
            css="off" if difference else "neg" if level < 0 else "pos",
            opacity=_opacity(abs(level)),
        )
        for k, level in enumerate(levels)
    ]
    low = "0" if difference else precise(-limit)
    return Scale(low=low, high=precise(limit), swatches=swatches, heading=heading)


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


def differences(expected: list[float], got: list[float]) -> list[float]:
    """|got - expected|, entry by entry; 0 where both are the same infinity or both nan."""
    return [0.0 if same(e, g) else abs(g - e) for e, g in zip(expected, got, strict=False)]


def worst_of(difference: list[float]) -> int | None:
    """Where the difference is largest, nan counting as larger than all; None if there is none."""
    keyed = [math.inf if math.isnan(d) else d for d in difference]
    best = max(range(len(keyed)), key=keyed.__getitem__, default=None)
    return best if best is not None and keyed[best] > 0 else None


def _off(expected: list[float], difference: list[float], dtype: str) -> int:
    narrow = dtype in ("float16", "bfloat16", "float32", "complex64")
    rtol, atol = (1e-4, 1e-5) if narrow else (1e-9, 1e-10)  # the tolerances of the oracles
    floor = atol * _limit(expected)
    pairs = zip(expected, difference, strict=False)
    return sum(not d <= floor + rtol * abs(e) for e, d in pairs if d != 0)


def alone(array: ArrayEvidence) -> HeatMap:
    """One array by itself, such as an input."""
    values = _values(array)
    layout = _layout(array, None)
    limit = _limit(values)
    name = visible(array.name, 60, one_line=True)
    heading = Text(en=name, ko=name) if name else say(array.role)
    return HeatMap(
        name=name,
        boxes=[_box(array, values, layout, limit, heading, None)],
        scales=[_scale(limit, say("value"), difference=False)],
        caption=_axes_notes(array) + layout.notes + truncated(array),
        marked=False,
    )


def compare(expected: ArrayEvidence, got: ArrayEvidence) -> HeatMap:
    """Expected and got on a common scale, with their difference if the shapes agree."""
    want, have = _values(expected), _values(got)
    limit, own = _limit(want), _limit(have)
    clipped = bool(limit) and own > 10 * limit
    limit = limit if clipped else max(limit, own)
    alike = expected.shape == got.shape
    difference = differences(want, have) if alike else []
    worst = ravel(got.worst or expected.worst, got.shape) if alike else None
    if alike and worst is None:
        worst = worst_of(difference)
    layout = _layout(expected, worst)
    theirs = layout if alike else _layout(got, None)
    boxes = [
        _box(expected, want, layout, limit, say("expected"), worst),
        _box(got, have, theirs, limit, say("got"), worst),
    ]
    scales = [_scale(limit, say("value"), difference=False)]
    caption: list[Text] = []
    if alike:
        most = _limit(difference)
        boxes.append(_box(got, difference, layout, most, say("difference"), worst, difference=True))
        scales.append(_scale(most, say("difference"), difference=True))
        caption += _words(want, have, difference, worst, got)
    else:
        facts = {"expected": shape_text(expected.shape), "got": shape_text(got.shape)}
        caption.append(say("shapes_differ", **facts))
    odd = sum(not math.isfinite(v) for v in have)
    caption += [say("not_finite", n=odd)] if odd else []
    caption += [say("beyond")] if clipped else []
    caption += _axes_notes(expected) + layout.notes + (truncated(expected) or truncated(got))
    marked = any(box.mark is not None for box in boxes)
    name = visible(got.name, 60, one_line=True)
    return HeatMap(name=name, boxes=boxes, scales=scales, caption=caption, marked=marked)


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
