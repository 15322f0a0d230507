"""`check` and `submit` for `%grade` in a notebook: the result as the output of a cell.

`--cells FILE` names a JSON file of `grader.notebooks.session`: which lines of the files came from which
cells, and notes to show. Stdout then holds a MIME bundle, JSON of `text/plain` and `text/html`.
"""

import io
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from grader.core.course import Language
from grader.core.record import Record
from grader.errors import InputError
from grader.notebooks.history import Place

WIDTH = 100  # columns of the plain text, where a front end shows no HTML


@dataclass(frozen=True, slots=True, kw_only=True)
class Cells:
    """Where the files' lines come from; `notes` grows while the command runs."""

    places: list[Place]
    notes: list[str] = field(default_factory=list)


def read(path: Path) -> Cells:
    """What `--cells` names."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Cells)
    except (OSError, msgspec.DecodeError) as e:
        raise InputError(f"{str(path)!r} is no list of cells: {e}") from e


def bundle(
    record: Record, cells: Cells, language: Language, *, previous: Record | None, report: str | None
) -> str:
    """The JSON that a cell displays."""
    from rich.console import Console

    from grader.report.cell import in_cells, render_cell
    from grader.report.terminal import render_summary

    record = in_cells(record, cells.places)
    page = io.StringIO()
    console = Console(file=page, width=WIDTH, no_color=True, force_terminal=False, color_system=None)
    render_summary(record, console, language=language, previous=previous, report_path=report)
    text = "\n".join(line.rstrip() for line in page.getvalue().splitlines())
    html = render_cell(
        record, language, previous=previous, notes=list(dict.fromkeys(cells.notes)), report=report
    )
    below = "".join(f"\n{note}" for note in dict.fromkeys(cells.notes))
    return msgspec.json.encode({"text/plain": text + below, "text/html": html}).decode()
