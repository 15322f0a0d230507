"""What became of a notebook's cells: claims of the worker's, turned into notes of the record.

Our side of `grader.worker.cells`. A claim names a line of the notebook, counted through all of its cells;
it is ours to say whose that is.
"""

import re
from collections.abc import Sequence
from typing import Any, Final

from grader.core import notebook
from grader.core.record import CellNote, Text
from grader.core.submission import SourceFile

MAX_NOTES: Final = 32
_SYNTAX: Final = ("SyntaxError", "IndentationError", "TabError")
MAX_WORDS: Final = 120  # characters of a command, or of what was raised


def read(claimed: Any, files: Sequence[SourceFile]) -> list[CellNote]:
    """The notes among what the worker tells of the import; nothing of what is none."""
    if type(claimed) is not list:
        return []
    named = {file.name: file.cells for file in files}
    found = []
    for one in claimed[:MAX_NOTES]:
        if type(one) is not tuple or [type(part) for part in one] != [str, str, int, str, str]:
            continue
        what, file, line, name, text = one
        cells = named.get(file)
        place = None if cells is None else notebook.place(cells, line)
        if place is None or what not in _MADE:
            continue
        shown = " ".join(": ".join(part for part in (name, text) if part).split())[:MAX_WORDS]
        found.append(_MADE[what](file, place, shown))
    return found


def _failed(file: str, place: notebook.Place, raised: str) -> CellNote:
    cell, line = place
    if raised.startswith(_SYNTAX):
        message = Text(
            en=f"Cell {cell} was not run: line {line} is not valid Python ({raised}).",
            ko=f"셀 {cell}: {line}행이 파이썬 문법에 맞지 않아({raised}) 실행하지 않았습니다.",
        )
    else:
        message = Text(
            en=f"Cell {cell} ended in line {line} with {raised}. The rest of the cell was not run; "
            "the other cells were.",
            ko=f"셀 {cell}의 {line}행에서 예외가 발생했습니다({raised}). 이 셀의 나머지 부분은 "
            "실행하지 않았고, 다른 셀은 실행했습니다.",
        )
    return CellNote(file=file, cell=cell, line=line, kind="failed", message=message)


def _command(file: str, place: notebook.Place, words: str) -> CellNote:
    return CellNote(
        file=file,
        cell=place.cell,
        line=place.line,
        kind="command",
        message=Text(
            en=f"Cell {place.cell}, line {place.line}: {words} is a command for Jupyter, and was left out.",
            ko=f"셀 {place.cell} {place.line}행: {words} 은(는) Jupyter 명령이므로 실행하지 않았습니다.",
        ),
    )


def _plot(file: str, place: notebook.Place, _: str) -> CellNote:
    return CellNote(
        file=file,
        cell=place.cell,
        line=place.line,
        kind="plot",
        message=Text(
            en=f"Cell {place.cell}: lines that draw or display something were left out.",
            ko=f"셀 {place.cell}: 그림을 그리거나 화면에 표시하는 줄은 실행하지 않았습니다.",
        ),
    )


_MADE: Final = {"failed": _failed, "command": _command, "plot": _plot}


def failed(name: str, notes: Sequence[CellNote], files: Sequence[SourceFile]) -> CellNote | None:
    """The cell that would have made `name` and did not run to its end, as far as its text tells."""
    sources = {(file.name, cell.number): cell.source for file in files for cell in file.cells or ()}
    for note in notes:
        if note.kind == "failed" and re.search(rf"\b{re.escape(name)}\b", sources[note.file, note.cell]):
            return note
    return None
