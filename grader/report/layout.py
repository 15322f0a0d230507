"""Where the entries of an array lie in a picture: panels of the last two axes, a window of each."""

import math
from dataclasses import dataclass, field

from grader.core.record import ArrayEvidence, Text
from grader.core.text import visible
from grader.report.texts import say

WIDTH = 380  # a box is as wide as this at most, in its own units
WINDOW = 32  # rows and columns shown of a panel
PANELS = 12  # panels shown of an array
CELLS = 1024  # cells shown of an array
NUMBERED = 120  # cells up to which numbers are written into them
COLUMNS_NUMBERED = 8
CELL_W, CELL_H = 46, 30
TICK_W, TICK_H, TITLE_H, GAP = 24, 16, 18, 12


@dataclass(frozen=True, slots=True)
class Panel:
    """The last two axes at one index of the leading ones."""

    x: float
    y: float
    title: str
    base: int  # flat index of its first entry


@dataclass(slots=True)
class Layout:
    """Where the entries of an array lie in a box; the same for expected, got and difference."""

    panels: list[Panel]
    rows: range
    columns: range
    stride: int  # entries a row of the array has
    size: int  # entries of the whole array
    cell_w: float
    cell_h: float
    width: float
    height: float
    numbered: bool
    wrapped: bool  # a vector in lines of `stride` entries
    notes: list[Text] = field(default_factory=list)

    @property
    def cells(self) -> int:
        """Cells in a box."""
        return len(self.panels) * len(self.rows) * len(self.columns)

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
    def top_of(panel: Panel) -> int:
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


def layout_of(array: ArrayEvidence, worst: int | None) -> Layout:
    """How to lay an array out, with its entry `worst` (flat, in C order) in the picture."""
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
    most = max(1, min(PANELS, CELLS // (len(rows) * len(columns))))
    first = here - here % most
    kept = max(1, -(-len(array.data) // per_panel))  # panels of which anything is left
    chosen = range(first, min(count, first + most, max(kept, first + 1)))
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
        title = _panel_title(unravel(number, lead), array.axes, cell_w * len(columns) + GAP) if titles else ""
        panels.append(Panel(k % across * panel_w, k // across * panel_h, title, number * per_panel))
    layout = Layout(
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
        wrapped=wrapped,
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
