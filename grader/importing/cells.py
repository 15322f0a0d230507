"""The cells of nbgrader's source notebooks, and what its metadata (schema version 3) says of each."""

import enum
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from grader.errors import InputError

SCHEMA: Final = 3
MAX_BYTES: Final = 64 * 2**20

_MARK_SCHEME: Final = re.compile(
    r"^[^\n]*BEGIN MARK SCHEME.*?END MARK SCHEME[^\n]*\n?", re.DOTALL | re.MULTILINE
)
_MAGIC: Final = re.compile(r"\s*(%|!|\?)|.*[^#]\?\??\s*$")


@enum.unique
class Kind(enum.Enum):
    """What a cell is for."""

    TEXT = "text"
    CODE = "code"
    """Neither written nor graded by students: given, or scratch."""
    SOLUTION = "solution"
    TESTS = "tests"
    """Graded by running it."""
    MANUAL = "manual"
    """Graded by people: an answer in code or words, or a task."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One cell."""

    number: int
    """Among all cells of its notebook, from 1."""
    kind: Kind
    is_code: bool
    source: str
    grade_id: str = ""
    points: float = 0.0
    has_attachments: bool = False
    is_task: bool = False
    """A text that sets a task, and not somebody's answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What was not carried over as it stood, and where it stands."""

    notebook: str
    cell: int
    """0 for the notebook as a whole."""
    what: str

    def __str__(self) -> str:
        where = f"{self.notebook}, cell {self.cell}" if self.cell else self.notebook
        return f"{where}: {self.what}"


def read(path: Path, shown: str) -> list[Cell]:
    """The cells of the notebook at `path`, called `shown` in messages; InputError if it cannot be read."""
    import nbformat

    try:
        if path.stat().st_size > MAX_BYTES:
            raise InputError(f"{shown!r} is over {MAX_BYTES // 2**20} MiB: clear its outputs first")
        notebook = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
    except InputError:
        raise
    except OSError as e:
        raise InputError(f"{shown!r} cannot be read: {(e.strerror or str(e)).lower()}") from e
    except Exception as e:
        # nbformat lets through what its parsers and schemas raise.
        raise InputError(f"{shown!r} is no notebook: {str(e).strip().splitlines()[0][:200]}") from e
    # nbformat reads what its schemas refuse, and warns.
    kernel = notebook.metadata.get("kernelspec")
    language = kernel.get("language", "python") if isinstance(kernel, dict) else "python"
    if str(language).lower() not in ("python", "python3", "ipython"):
        raise InputError(f"{shown!r} is a notebook in {str(language)[:40]!r}: only Python is imported")
    return [_cell(number, cell, shown) for number, cell in enumerate(notebook.cells, 1)]


def _cell(number: int, cell: Any, shown: str) -> Cell:
    if not isinstance(cell.get("source"), str) or not isinstance(cell.get("metadata"), dict):
        raise InputError(f"{shown!r}, cell {number} is no cell of a notebook: save it with Jupyter")
    metadata = cell.metadata.get("nbgrader") or {}
    if not isinstance(metadata, dict):
        raise InputError(f"{shown!r}, cell {number}: its metadata is not as nbgrader writes it")
    source = cell.source.replace("\r\n", "\n")
    is_code = cell.cell_type == "code"
    plain = Kind.CODE if is_code else Kind.TEXT
    if not metadata:
        kind, grade_id, points = plain, "", 0.0
    else:
        version = metadata.get("schema_version", 1)
        if version != SCHEMA:
            raise InputError(
                f"{shown!r}, cell {number}: metadata of schema version {version!r}, and {SCHEMA} is read: "
                "run 'nbgrader update' on the course first"
            )
        kind = _kind(metadata, is_code, plain)
        grade_id = str(metadata.get("grade_id", ""))
        points = _points(metadata.get("points"), shown, number)
    return Cell(
        number=number,
        kind=kind,
        is_code=is_code,
        source=_MARK_SCHEME.sub("", source),
        grade_id=grade_id,
        points=points if kind in (Kind.TESTS, Kind.MANUAL) else 0.0,
        has_attachments=bool(cell.get("attachments")),
        is_task=bool(metadata and metadata.get("task")),
    )


def _kind(metadata: Any, is_code: bool, plain: Kind) -> Kind:
    grade, solution = bool(metadata.get("grade")), bool(metadata.get("solution"))
    if metadata.get("task") or (grade and (solution or not is_code)):
        return Kind.MANUAL
    if grade:
        return Kind.TESTS
    if solution:  # in words it is an answer, which students must not read
        return Kind.SOLUTION if is_code else Kind.MANUAL
    return plain


def _points(value: Any, shown: str, number: int) -> float:
    if value is None:
        return 0.0
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e6:
        raise InputError(f"{shown!r}, cell {number}: {value!r} are no points: expected a number from 0 on")
    return float(value)


def without_magics(source: str) -> tuple[str, list[str]]:
    """The source with the lines that only IPython knows made empty, and those lines; all for a `%%` cell."""
    lines = source.split("\n")
    first = next((line for line in lines if line.strip()), "")
    if first.startswith("%%"):
        return "", [first.strip()]
    kept, taken = [], []
    for line in lines:
        if _MAGIC.match(line) and not _is_python(source):
            taken.append(line.strip())
            kept.append("")
        else:
            kept.append(line)
    return "\n".join(kept), taken


def _is_python(source: str) -> bool:
    try:
        compile(source, "cell", "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError):  # the last: nested too deeply
        return False
    return True
