"""Notebooks as submissions: their code cells in order, and nothing else of them.

A notebook is read once, where it is handed in, and becomes a small notebook of code cells: without outputs,
texts, attachments and metadata, which nobody looks at. That one is stored, digested, judged and replayed, so
running a notebook again, or writing more text into it, is no new attempt. Its bytes are those of the
student's cells alone: what is said of cells below holds for it as it does for the file as it came.

Cells are counted among the code cells, from 1, as Jupyter numbers them when all are run in a fresh kernel.
On both sides of the wall lines are counted through all of them, each cell with the line end behind it: a
place in a notebook is a line of `text`, and `place` says which cell's it is. Nothing here parses Python.
"""

import functools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final, NamedTuple

import msgspec

from grader.errors import SubmissionError

SUFFIX: Final = ".ipynb"
SKIP: Final = "skip-grade"
"""The tag of a cell that is not for grading."""
MAX_BYTES: Final = 32 * 2**20  # of the file: pictures in its outputs are larger than any code
MAX_CELLS: Final = 5000
_PYTHONS: Final = frozenset({"python", "python3", "ipython"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A code cell; its lines end with a line feed, and the last one does not."""

    number: int
    source: str
    skipped: bool = False
    """It has the tag `skip-grade`, or is a test cell of nbgrader's: such a cell judges, and is not judged."""

    @property
    def lines(self) -> int:
        """How many lines it has, 1 where it is empty."""
        return self.source.count("\n") + 1


class Place(NamedTuple):
    """A line of a cell, both from 1."""

    cell: int
    line: int


def cells(data: bytes, what: str) -> tuple[Cell, ...]:
    """The code cells of the notebook in `data`; SubmissionError, about `what`, says why it is none.

    Formats 3 and 4 are read, and no more of them than what a cell holds: unknown keys, outputs and
    attachments are passed over without being built.
    """
    if len(data) > MAX_BYTES:
        raise SubmissionError(f"{what} is over {MAX_BYTES // 2**20} MiB: clear its outputs and save it")
    found = _read(data, what)
    _require_python(found, what)
    listed = found.cells
    if found.nbformat == 3:
        listed = [cell for sheet in found.worksheets for cell in sheet.cells]
    if len(listed) > MAX_CELLS:
        raise SubmissionError(
            f"{what} has {len(listed)} cells, over {MAX_CELLS}: hand in the cells of the exercise only"
        )
    codes = [(place, cell) for place, cell in enumerate(listed, start=1) if cell.cell_type == "code"]
    return tuple(
        Cell(number=number, source=_source(cell, place, what), skipped=cell.metadata.skips)
        for number, (place, cell) in enumerate(codes, start=1)
    )


def pack(cells: Iterable[Cell]) -> bytes:
    """The notebook of code cells that stands for a submission (format 4.4); `cells` reads it back.

    Cells that are missing between two numbers are empty ones of it.
    """
    sources: dict[int, Cell] = {cell.number: cell for cell in cells}
    last = max(sources, default=0)
    every = [sources.get(number) or Cell(number=number, source="") for number in range(1, last + 1)]
    return _encoder.encode(
        _Packed(
            cells=[
                _PackedCell(source=_plain(cell.source), metadata={"tags": [SKIP]} if cell.skipped else {})
                for cell in every
            ]
        )
    )


@functools.lru_cache(maxsize=8)
def unpacked(data: bytes) -> tuple[Cell, ...]:
    """The cells of a notebook that `pack` has made."""
    return cells(data, "the notebook")


def text(cells: Iterable[Cell]) -> str:
    """All cells as one text, each with a line end behind it."""
    return "".join(f"{cell.source}\n" for cell in cells)


def place(cells: Sequence[Cell], line: int) -> Place | None:
    """Whose line that of `text` is; None where it has no such line."""
    if line < 1:
        return None
    for cell in cells:
        if line <= cell.lines:
            return Place(cell.number, line)
        line -= cell.lines
    return None


def code(cells: Iterable[Cell]) -> str:
    """What is for grading: `text` without cells that are skipped, cell magics and lines for IPython.

    A text to search, to a reader's eye: what Python makes of it is seen in the worker.
    """
    kept = (cell for cell in cells if not cell.skipped and not cell.source.lstrip().startswith("%%"))
    lines = text(kept).split("\n")
    return "\n".join(line for line in lines if not line.lstrip().startswith(("%", "!", "?")))


# Formats as nbformat's schemas have them, as far as they are read.
Words = str | list[str]


class _Metadata(msgspec.Struct):
    tags: list[str] = []
    nbgrader: Any = None

    @property
    def skips(self) -> bool:
        of = self.nbgrader if isinstance(self.nbgrader, dict) else {}
        return SKIP in self.tags or (of.get("grade") is True and of.get("solution") is False)


class _Cell(msgspec.Struct):
    cell_type: str
    source: Words | None = None
    input: Words | None = None  # what format 3 called it
    metadata: _Metadata = msgspec.field(default_factory=_Metadata)


class _Sheet(msgspec.Struct):
    cells: list[_Cell] = []


class _Language(msgspec.Struct):
    name: str | None = None
    language: str | None = None


class _About(msgspec.Struct):
    kernelspec: _Language | None = None
    language_info: _Language | None = None


class _Notebook(msgspec.Struct):
    nbformat: Annotated[int, msgspec.Meta(ge=0)]
    cells: list[_Cell] = []
    worksheets: list[_Sheet] = []
    metadata: _About = msgspec.field(default_factory=_About)


class _PackedCell(msgspec.Struct, kw_only=True):
    cell_type: str = "code"
    execution_count: None = None
    metadata: dict[str, Any]
    outputs: list[str] = []
    source: str


class _Packed(msgspec.Struct, kw_only=True):
    cells: list[_PackedCell]
    metadata: dict[str, Any] = msgspec.field(default_factory=lambda: {"language_info": {"name": "python"}})
    nbformat: int = 4
    nbformat_minor: int = 4  # later ones want an id in each cell, which would be another part to compare


_decoder = msgspec.json.Decoder(_Notebook)
_encoder = msgspec.json.Encoder()


def _read(data: bytes, what: str) -> _Notebook:
    try:
        found = _decoder.decode(data)
    except RecursionError as e:
        raise SubmissionError(f"{what} is no notebook: its JSON is nested too deeply") from e
    except UnicodeDecodeError as e:
        raise SubmissionError(f"{what} is not UTF-8: save it with Jupyter") from e
    except msgspec.ValidationError as e:
        raise SubmissionError(f"{what} is no notebook: {_lower(e)}; save it with Jupyter") from e
    except msgspec.DecodeError as e:
        raise SubmissionError(f"{what} is damaged: {_lower(e)}; save it with Jupyter") from e
    if found.nbformat not in (3, 4):
        raise SubmissionError(
            f"{what} is of notebook format {found.nbformat}: save it with a current Jupyter, as format 4"
        )
    return found


def _lower(error: Exception) -> str:
    words = str(error)[:200]
    return words[:1].lower() + words[1:] if words.startswith(("Expected", "Input", "Object")) else words


def _require_python(found: _Notebook, what: str) -> None:
    about = found.metadata
    names = [
        about.language_info.name if about.language_info else None,
        about.kernelspec.language if about.kernelspec else None,
    ]
    for name in names:
        if name is not None and name.lower() not in _PYTHONS:
            raise SubmissionError(f"{what} is a notebook in {name[:40]!r}: hand in one in Python")


def _source(cell: _Cell, place: int, what: str) -> str:
    words = cell.source if cell.source is not None else cell.input
    if words is None:
        raise SubmissionError(f"{what} is no notebook: cell {place} has no source; save it with Jupyter")
    return _plain(words if isinstance(words, str) else "".join(words))


def _plain(source: str) -> str:
    """With line feeds as line ends, and none behind the last line."""
    return source.replace("\r\n", "\n").replace("\r", "\n").rstrip("\n")
