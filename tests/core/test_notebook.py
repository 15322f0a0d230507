"""Notebooks as they are handed in: what is kept of one, and what is refused, each with its own words."""

import json
from pathlib import Path
from typing import Any

import nbformat
import pytest

from grader.core import notebook
from grader.core.course import Exercise, Limits
from grader.core.notebook import Cell
from grader.core.record import Text
from grader.core.submission import MAX_BYTES, Submission, read, sources
from grader.errors import SubmissionError

NOW = "2026-03-01T09:00:00Z"
STUB = (
    '"""Convolution."""\n\nimport numpy as np\n\n\ndef conv2d(x):\n    raise NotImplementedError("conv2d")\n'
)
RIGHT = "import numpy as np\ndef conv2d(x):\n    return x"


def code(source: object, **fields: object) -> dict[str, Any]:
    """A code cell as files have it."""
    cell: dict[str, Any] = {"cell_type": "code", "source": source, "metadata": {}, "outputs": []}
    return cell | {"execution_count": None} | fields


def file(*cells: object, **fields: object) -> bytes:
    """A notebook of these cells as a file."""
    return json.dumps(
        {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": list(cells)} | fields
    ).encode()


@pytest.fixture
def exercise(tmp_path: Path) -> Exercise:
    """An exercise of one file, with its stub."""
    public = tmp_path / "exercises" / "ex10_convolution"
    public.mkdir(parents=True)
    (public / "convolution.py").write_text(STUB)
    return Exercise(
        id="ex10_convolution",
        title=Text(en="Convolution", ko="합성곱"),
        files=("convolution.py",),
        packages=("numpy",),
        points=100,
        due_utc=None,
        limits=Limits(),
        reveal="all",
        devices=("cpu",),
        public_dir=public,
        solution_dir=None,
    )


@pytest.fixture
def take(exercise, tmp_path):
    """Reads a submission of one notebook with the given bytes."""

    def take(data: bytes, name: str = "mine.ipynb") -> Submission:
        path = tmp_path / name
        path.write_bytes(data)
        return read(exercise, [path], "s001", NOW, stub_refused=True)

    return take


def refusal(take, data: bytes) -> str:
    """What is said of a notebook that is not taken."""
    with pytest.raises(SubmissionError) as caught:
        take(data)
    message = str(caught.value)
    assert message.isprintable()
    return message


def test_code_cells_are_kept_in_order_and_nothing_else(take):
    """Texts and outputs are dropped; the name says that it is a notebook, for the exercise's file."""
    text = {"cell_type": "markdown", "source": "# Title", "metadata": {}}

    submission = take(file(text, code("a = 1"), code(["b = 2\n", "c = 3"]), text))

    (kept,) = submission.files
    assert kept.name == "convolution.ipynb"
    assert kept.cells == (Cell(number=1, source="a = 1"), Cell(number=2, source="b = 2\nc = 3"))
    assert b"Title" not in kept.data


def test_what_is_kept_is_a_notebook(take):
    """It opens in Jupyter, and handing it in is the same submission."""
    submission = take(file(code("a = 1"), code("plot()", metadata={"tags": ["x", "skip-grade"]})))
    (kept,) = submission.files

    nbformat.validate(nbformat.reads(kept.data.decode(), as_version=nbformat.NO_CONVERT))

    assert take(kept.data).digest == submission.digest


OLD = {"cell_type": "code", "language": "python", "input": "a = 1\nb = 2"}
LINKED = {"cell_type": "markdown", "source": "![](x)", "attachments": {"../x": {"text/html": "<script>"}}}
KERNEL = {"kernelspec": {"name": "../../evil", "argv": ["sh"]}}
TWICE = b'"source": "y", "source": "def conv2d(x): return x"'
OUTPUT = {"output_type": "display_data", "metadata": {}, "data": {"text/html": "<script>alert(1)</script>"}}


@pytest.mark.parametrize(
    "same",
    [
        file(code(["a = 1\n", "b = 2\n"])),
        file(code("a = 1\r\nb = 2")),
        file(code("a = 1\nb = 2", execution_count=7, outputs=[OUTPUT], id="other")),
        file({"cell_type": "markdown", "source": "more text"}, code("a = 1\nb = 2")),
        file(code("a = 1\nb = 2", metadata={"tags": ["mine"], "collapsed": True}), nbformat_minor=2),
        file(nbformat=3, worksheets=[{"cells": [OLD]}]),
    ],
    ids=["list", "CRLF", "run again", "text", "metadata", "format 3"],
)  # fmt: skip
def test_the_same_code_is_the_same_submission(take, same):
    """What Jupyter writes differently without a change of code costs no attempt."""
    assert take(same).digest == take(file(code("a = 1\nb = 2"))).digest


@pytest.mark.parametrize(
    "other",
    [
        file(code("a = 1\nb = 3")),
        file(code("a = 1"), code("b = 2")),
        file(code("a = 1\nb = 2", metadata={"tags": ["skip-grade"]}), code("c = 1")),
    ],
    ids=["changed", "split", "skipped"],
)
def test_other_code_is_another_submission(take, other):
    """Also where only the cells, or what of them runs, differ."""
    assert take(other).digest != take(file(code("a = 1\nb = 2"))).digest


DEEP = b'"outputs": ' + b"[" * 100_000 + b"]" * 100_000
BIDI = "U+202E, which changes the direction of text, in cell 2, line 2"
REFUSED = {
    "no JSON": (b"x = 1\n", "is damaged"),
    "cut off": (file(code("a = 1"))[:-9], "is damaged"),
    "an array": (b"[]", "is no notebook: expected `object`, got `array`"),
    "no cells": (b'{"nbformat": 4}', "has no code"),
    "no format": (b'{"cells": []}', "missing required field `nbformat`"),
    "cells are a number": (file().replace(b"[]", b"3"), "`$.cells`"),
    "a cell is a number": (file(code("a = 1"), 3), "`$.cells[1]`"),
    "a cell without kind": (file({"source": "a"}), "`cell_type`"),
    "a cell without source": (file({"cell_type": "code"}), "cell 1 has no source"),
    "source is a number": (file(code(7)), "`$.cells[0].source`"),
    "source is a list of numbers": (file(code([7])), "`$.cells[0].source[0]`"),
    "tags are a word": (file(code("a", metadata={"tags": "skip-grade"})), "`$.cells[0].metadata.tags`"),
    "format 2": (file(code("a"), nbformat=2), "of notebook format 2"),
    "format 5": (file(code("a"), nbformat=5), "of notebook format 5"),
    "another language": (file(code("a"), metadata={"language_info": {"name": "R"}}), "a notebook in 'R'"),
    "another kernel": (file(code("a"), metadata={"kernelspec": {"language": "julia"}}), "in 'julia'"),
    "deep outputs": (file(code("a")).replace(b'"outputs": []', DEEP), "too deeply"),
    "UTF-16": (file(code("a")).decode().encode("utf-16"), "is UTF-16"),
    "byte order mark": (b"\xef\xbb\xbf" + file(code("a")), "byte order mark"),
    "latin-1": (file(code("é")).decode("ascii").replace("\\u00e9", "é").encode("latin-1"), "is not UTF-8"),
    "a lone surrogate": (file(code("\ud800")), "is damaged"),
    "a NUL byte": (file(code("a")).replace(b'"a"', b'"a\0"'), "is damaged"),
    "a NUL in a cell": (file(code("x = 1"), code("y\n\0")), "a NUL character in cell 2, line 2"),
    "bidi": (file(code("x = 1"), code("y\n# \u202e")), BIDI),
    "100,000 cells": (file(*[code("x")] * 100_000), "has 100000 cells, over 5000"),
    "much code": (file(code("# " + "x" * MAX_BYTES)), "over 1 MiB of code"),
    "only commands": (file(code("%matplotlib inline\n!ls"), code("%%bash\nls")), "has no code"),
    "only skipped": (file(code("x = 1", metadata={"tags": ["skip-grade"]})), "has no code"),
    "only text": (file({"cell_type": "markdown", "source": "x = 1"}), "has no code"),
}  # fmt: skip


@pytest.mark.parametrize(("data", "says"), REFUSED.values(), ids=REFUSED.keys())
def test_refused(take, data, says):
    """What is no notebook in Python is refused with what is wrong, and where."""
    assert says in refusal(take, data)


def test_a_hundred_megabytes_are_refused_unread(take):
    """By its size, before anything of it is looked at."""
    assert "is over 32 MiB: clear its outputs" in refusal(take, file(code("x" * 100_000_000)))


HARMLESS = {
    "scripts in outputs": file(code(RIGHT, outputs=[OUTPUT])),
    "large outputs": file(code(RIGHT, outputs=[{"output_type": "stream", "text": "x" * 5_000_000}])),
    "outputs of no kind": file(code(RIGHT, outputs=[3, None, {"data": []}])),
    "duplicate ids": file(code("import os", id="a"), code(RIGHT, id="a")),
    "path-like names": file(code(RIGHT, id="../../x"), metadata=KERNEL),
    "attachments": file(LINKED, code(RIGHT)),
    "unknown keys": file(code(RIGHT, evil={"a": 1}), evil=[1]),
    "unknown cells": file({"cell_type": "evil", "source": 3 * ["x"]}, code(RIGHT)),
    "a key twice": file(code("x")).replace(b'"source": "x"', TWICE),
}  # fmt: skip


@pytest.mark.parametrize("data", HARMLESS.values(), ids=HARMLESS.keys())
def test_what_is_not_code_does_nothing(take, data):
    """It is passed over: only code cells are left."""
    kept = take(data).files[0]

    assert "def conv2d" in kept.code
    assert b"evil" not in kept.data
    assert b"<script>" not in kept.data


@pytest.mark.parametrize(
    "cells",
    [
        [STUB],
        ["import numpy as np", 'def conv2d(x):\n    raise NotImplementedError("conv2d")'],
        ["# my notes", *STUB.split("\n\n\n"), "%grade check ex10"],
    ],
    ids=["one cell", "without docstring", "with remarks and magics"],
)
def test_the_untouched_stub_is_refused(take, cells):
    """However it was cut into cells: nothing is written in it."""
    assert "the untouched stub of ex10_convolution" in refusal(take, file(*map(code, cells)))


def test_a_check_cell_is_no_work(take):
    """Cells that are skipped make no stub a solution; a line that is not the stub's does."""
    check = code("anything(1)", metadata={"tags": ["skip-grade"]})

    assert "untouched stub" in refusal(take, file(code(STUB), check))
    assert take(file(code(STUB), code("anything(1)"))).files


@pytest.mark.parametrize(
    ("of", "skipped"),
    [
        ({"grade": True, "solution": False}, True),
        ({"grade": True, "solution": True}, False),
        ({"grade": False, "solution": False}, False),
        ("grade", False),
        ([], False),
    ],
    ids=["tests", "manually graded", "given", "a word", "a list"],
)
def test_test_cells_of_nbgrader_do_not_run(of, skipped):
    """They judge in nbgrader, and may delete what students wrote; whatever else stands there is no reason."""
    (cell,) = notebook.cells(file(code("del double", metadata={"nbgrader": of})), "it")

    assert cell.skipped == skipped


CELLS = (Cell(number=1, source="a\nb"), Cell(number=2, source=""), Cell(number=3, source="c"))


@pytest.mark.parametrize(
    ("line", "place"), [(0, None), (1, (1, 1)), (2, (1, 2)), (3, (2, 1)), (4, (3, 1)), (5, None), (-1, None)]
)
def test_places(line, place):
    """A line of the text belongs to one cell; what is beyond belongs to none."""
    assert notebook.place(CELLS, line) == place


def test_cells_that_are_left_out_keep_their_numbers():
    """Those of a running kernel have gaps."""
    packed = notebook.pack([Cell(number=3, source="c"), Cell(number=1, source="a")])

    assert [cell.source for cell in notebook.unpacked(packed)] == ["a", "", "c"]


def test_sources_by_cell(take):
    """What a report shows the lines of."""
    assert sources(take(file(code("a"), code("b"))).files) == {
        "convolution.ipynb:1": "a",
        "convolution.ipynb:2": "b",
    }
