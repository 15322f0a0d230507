"""Notebooks at the command line: taken wherever a file is, and given back with feedback."""

import json
import os
from pathlib import Path

import nbformat
import pytest

from grader.core import notebook
from grader.core.notebook import Cell

RIGHT = "def double(x):\n    return 2 * x\n\n\ndef total(x):\n    return float(x.sum())"
WRONG = "def double(x):\n    return 1 / 0"


def write(*sources: str, name: str = "double.ipynb", outputs: list[object] | None = None) -> Path:
    """A notebook of these cells in the working folder."""
    v4 = nbformat.v4
    cells = [v4.new_code_cell(source, outputs=outputs or []) for source in sources]
    nbformat.write(v4.new_notebook(cells=[v4.new_markdown_cell("# Title"), *cells]), name)
    return Path(name)


def test_a_notebook_is_handed_in_found_and_known_again(grade):
    """By itself in the working folder; run again, it is the same attempt."""
    write("scratch = undefined", RIGHT)

    first = grade("submit", "ex90", "--json", "--student", "s1")
    stream = nbformat.v4.new_output("stream", text="printed")
    write("scratch = undefined", RIGHT, outputs=[stream])
    again = grade("submit", "ex90", "--json", "--student", "s1")

    record = json.loads(first.out)
    assert (first.code, record["attempt"], record["score"]) == (0, 1, record["max_score"])
    ((kind, cell, line),) = [(n["kind"], n["cell"], n["line"]) for n in record["notebook"]]
    assert (kind, cell, line) == ("failed", 1, 1)
    assert "NameError" in record["notebook"][0]["message"]["en"]
    assert json.loads(again.out)["attempt"] == 1
    assert "graded before" in again.err


def test_errors_are_at_cell_and_line(grade):
    """In the record, at the terminal and in the report."""
    write("import numpy as np", WRONG)

    told = grade("submit", "ex90", "--student", "s1", "--out", "reports")
    record = json.loads(grade("submit", "ex90", "--json", "--student", "s1").out)

    frames = [frame for check in record["checks"] for frame in check["traceback"]]
    assert {(f["file"], f["cell"], f["line"], f["text"]) for f in frames} == {
        ("double.ipynb", 2, 2, "    return 1 / 0")
    }
    assert "double.ipynb, cell 2, line 2" in told.out
    (report,) = (path.read_text(encoding="utf-8") for path in Path("reports").iterdir())
    assert "double.ipynb, cell 2, line 2" in report
    assert "def double(x):" in report


def test_a_missing_function_names_the_cell_that_failed(grade):
    """Whoever reads "there is no double" looks for it in a cell that did not run."""
    write("import numpy as np", "1 / 0\n" + RIGHT)

    ended = grade("check", "ex90")

    assert ended.code == 1
    assert "There is no 'double' in your code" in ended.out
    assert "Cell 2 ended in line 1 with ZeroDivisionError" in " ".join(ended.out.split())


def test_practice_mode_takes_notebooks(grade):
    """Where no sandbox stands, too."""
    write("%pip install torch", RIGHT)

    ended = grade("check", "ex90", "--practice", "--json")

    record = json.loads(ended.out)
    assert ended.code == 0
    assert [note["kind"] for note in record["notebook"]] == ["command"]


def test_a_file_and_a_notebook_are_a_question(grade, state):
    """Neither is guessed; naming one answers it."""
    write(RIGHT)
    Path("double.py").write_text(RIGHT)

    asked = grade("submit", "ex90")

    assert asked.code == 2
    assert "'double.py' and 'double.ipynb' are both here: name the one that counts" in asked.err
    assert not state.exists()
    assert grade("submit", "ex90", "double.ipynb").code == 0


def test_a_class_hands_in_both(grade):
    """Files and notebooks in one folder."""
    os.mkdir("class")
    Path("class/s1.py").write_text(RIGHT)
    write(RIGHT, name="class/s2.ipynb")
    write(WRONG, name="class/s3.ipynb")
    Path("class/s4.ipynb").write_text("{}")

    ended = grade("batch", "ex90", "class", "--json")

    records = {record["student"]: record for record in map(json.loads, ended.out.splitlines())}
    assert {s: r["score"] == r["max_score"] for s, r in records.items() if r["score"] is not None} == {
        "s1": True,
        "s2": True,
        "s3": False,
    }
    assert "no notebook" in records["s4"]["reason"]["en"]


def test_authors_try_files(grade):
    """A debugger shows lines of files."""
    write(RIGHT)

    ended = grade("try", "ex90", "double.ipynb")

    assert ended.code == 2
    assert "'grade try' runs .py files" in ended.err


def test_slow_cells_are_told_what_to_do(grade):
    """What trains in a cell takes the time of the import."""
    write("while True: pass", RIGHT)

    ended = grade("check", "ex90")

    assert ended.code == 1
    assert "skip-grade" in " ".join(ended.out.split())


def test_feedback_is_given_back_in_the_notebook(grade):
    """Behind the cell that raised; the page beside it."""
    write("import numpy as np", WRONG, "after = 1")

    ended = grade("submit", "ex90", "double.ipynb", "--feedback-notebook", "--out", "reports")

    written = {path.suffix: path for path in Path("reports").glob("*-double.*")}
    made = nbformat.read(written[".ipynb"], as_version=4)
    page = written[".html"].read_text(encoding="utf-8")
    assert ended.code == 1
    assert f"Your notebook with feedback: {written['.ipynb']}\n" in ended.out
    assert f"The same as a web page: {written['.html']}\n" in ended.out
    sources = [cell.source for cell in made.cells]
    after = sources.index("after = 1")
    assert sources[after - 2] == WRONG
    assert "ZeroDivisionError" in sources[after - 1]
    assert page.index("ZeroDivisionError") < page.index("after")
    assert notebook.cells(written[".ipynb"].read_bytes(), "x")[1] == Cell(number=2, source=WRONG)


@pytest.mark.parametrize("name", ["mine.py", "mine.ipynb"])
def test_feedback_wants_a_notebook_that_it_can_give_back(grade, state, name):
    """It is said before anything is graded."""
    Path("mine.py").write_text(RIGHT)
    cell = {"cell_type": "code", "metadata": {}, "source": RIGHT, "outputs": [3], "execution_count": None}
    whole = {"nbformat": 4, "nbformat_minor": 4, "metadata": {}, "cells": [cell]}
    Path("mine.ipynb").write_text(json.dumps(whole))

    ended = grade("submit", "ex90", name, "--feedback-notebook")

    assert ended.code == 2
    assert "notebook" in ended.err
    assert not state.exists()
