"""A record as the output of a notebook's cell: HTML of plain elements, and the same as text.

Front ends sanitise the outputs of notebooks that they do not trust: scripts, style sheets and SVG elements
go, colours of themes differ. So the page has inline styles only, takes the theme's colours for its text, and
its pictures are images (SVG in data URIs, in which no script runs) on paper of their own. Both languages of
a report would stand one below the other here: the page is in one.
"""

import base64
import functools
from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from markupsafe import Markup

from grader.core.record import Frame, Outcome, Record, Text
from grader.core.text import visible
from grader.report.hints import shown_hints
from grader.report.html import PICTURES, ShownLesson, counts_of, environment, read_style, shown_lessons
from grader.report.lessons import changes, praise

TITLES = 4
STANDALONE = "standalone.css"


class Origin(Protocol):
    """Lines of a file that were written in a cell."""

    @property
    def file(self) -> str:
        """The file."""

    @property
    def start(self) -> int:
        """Its first line there."""

    @property
    def lines(self) -> int:
        """How many."""

    @property
    def cell(self) -> int:
        """Number of the cell; 0 for what no cell has."""

    @property
    def cell_line(self) -> int:
        """Its first line in the cell."""


def render_cell(
    record: Record,
    language: str,
    *,
    previous: Record | None = None,
    notes: Sequence[str] = (),
    report: str | None = None,
) -> str:
    """The HTML of a cell's output.

    Args:
        record: as the student may see it.
        language: "en" or "ko".
        previous: the attempt before, for what changed.
        notes: lines to show below.
        report: where the whole report is.
    """
    pages = shown_lessons(record, {}) if record.outcome == "graded" else []
    return (
        environment()
        .get_template("cell.html.j2")
        .render(
            record=record,
            lessons=[page for page in pages if not _is_unwritten(page)],
            unwritten=[page for page in pages if _is_unwritten(page)],
            changes=changes(record, previous),
            praise=praise(record),
            hints=shown_hints(record),
            counts=counts_of(record),
            passed=sum(check.outcome is Outcome.PASSED for check in record.checks),
            notes=notes,
            report=report,
            words=functools.partial(_words, language),
            picture=functools.partial(_image, language),
            titles=TITLES,
        )
    )


def in_cells(record: Record, origins: Sequence[Origin]) -> Record:
    """The record with lines of files as lines of the cells that they came from."""
    checks = [
        replace(check, traceback=[_moved(frame, origins) for frame in check.traceback])
        if check.traceback
        else check
        for check in record.checks
    ]
    return replace(record, checks=checks)


def _moved(frame: Frame, origins: Sequence[Origin]) -> Frame:
    for one in origins:
        inside = frame.line - one.start
        if one.file == frame.file and 0 <= inside < one.lines and one.cell:
            return replace(frame, file=f"In [{one.cell}]", line=one.cell_line + inside)
    return frame


def _is_unwritten(page: ShownLesson) -> bool:
    crash = page.lesson.crash
    return crash is not None and crash.type == "NotImplementedError"


def _words(language: str, text: Text) -> str:
    return visible(text.in_(language), 2000)


@functools.cache
def _style() -> Markup:
    # Ours, and constant: no text of a student comes near it.
    return Markup(read_style(STANDALONE) + read_style(PICTURES))  # noqa: S704


def _image(
    language: str, shapes: Markup, left: float, top: float, width: float, height: float, alt: str
) -> Markup:
    """An `img` that holds the shapes as an SVG of their own."""
    svg = (
        environment()
        .get_template("picture.svg.j2")
        .render(
            style=_style(),
            language=language,
            shapes=shapes,
            left=left,
            top=top,
            width=width,
            height=height,
        )
    )
    data = base64.b64encode(svg.encode()).decode()
    return Markup(
        '<img src="data:image/svg+xml;base64,{}" width="{}" height="{}" alt="{}" '
        'style="max-width: 100%; height: auto; vertical-align: middle; border-radius: 4px">'
    ).format(data, width, height, alt)
