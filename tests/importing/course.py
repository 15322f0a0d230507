"""Notebooks in nbgrader's format, written for the tests."""

from pathlib import Path
from typing import Any

import nbformat


def text(source: str, **metadata: Any) -> Any:
    """A cell of words; with metadata, nbgrader's."""
    return _cell(nbformat.v4.new_markdown_cell(source), metadata)


def code(source: str, **metadata: Any) -> Any:
    """A code cell; with metadata, nbgrader's."""
    return _cell(nbformat.v4.new_code_cell(source), metadata)


def solution(source: str, **metadata: Any) -> Any:
    """A cell that students write in."""
    return code(source, **{"solution": True, "grade_id": "solution", **metadata})


def graded(source: str, id: str, points: float = 1, **metadata: Any) -> Any:
    """An autograded cell."""
    return code(source, **{"grade": True, "locked": True, "grade_id": id, "points": points, **metadata})


def _cell(cell: Any, metadata: dict[str, Any]) -> Any:
    if metadata:
        given = {"schema_version": 3, "grade": False, "solution": False, "locked": False, "task": False}
        cell.metadata["nbgrader"] = {**given, **metadata}
    return cell


def write(root: Path, path: str, *cells: Any) -> Path:
    """The notebook at `root/path`."""
    notebook = nbformat.v4.new_notebook(cells=list(cells))
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.validate(notebook)
    target = root / path
    target.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, target)
    return target
