"""Notebooks run in real kernels, in an empty folder, with state of their own."""

from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbformat import NotebookNode

from tests.cli.tiny import COURSE


@pytest.fixture(autouse=True)
def surroundings(tmp_path, monkeypatch) -> None:
    """The tiny course, and nothing from whoever runs the tests."""
    for name in ("LC_ALL", "LC_MESSAGES", "GRADE_DEBUG", "GRADE_BOOK"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "C.UTF-8")
    monkeypatch.setenv("GRADE_COURSE", str(COURSE))
    monkeypatch.setenv("GRADE_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("GRADE_STUDENT", "s001")
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))  # no history, no profile of the user
    monkeypatch.setenv("PYDEVD_DISABLE_FILE_VALIDATION", "1")
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")


def shown(cell: NotebookNode, mime: str = "text/plain") -> str:
    """What a cell displays; an exception in it is none of our outputs."""
    assert all(output.output_type != "error" for output in cell.outputs), cell.outputs
    return "\n".join(
        o.data[mime] for o in cell.outputs if o.output_type in ("display_data", "execute_result")
    )


@pytest.fixture
def run_cells() -> Callable[..., list[NotebookNode]]:
    """Runs sources of cells in one kernel, and gives the cells back."""

    def run_cells(*sources: str) -> list[NotebookNode]:
        cells = [nbformat.v4.new_code_cell(source) for source in sources]
        book = nbformat.v4.new_notebook(cells=cells)
        NotebookClient(
            book, timeout=120, kernel_name="python3", resources={"metadata": {"path": str(Path.cwd())}}
        ).execute()
        return book.cells

    return run_cells
