"""Notes of cells: what the worker claims is checked, and what is told is by cell and line."""

from typing import Any

import pytest

from grader.core import notebook
from grader.core.forbidden import expand
from grader.core.notebook import Cell
from grader.core.submission import SourceFile, Submission
from grader.judge import cells, uses
from grader.judge.run import Run
from grader.worker import serve, wire

CELLS = (
    Cell(number=1, source="import numpy as np\n"),
    Cell(number=2, source="def f(x):\n    return np.convolve(x, x)"),
)
FILES = (
    SourceFile(name="sub.ipynb", data=notebook.pack(CELLS)),
    SourceFile(name="layers.py", data=b"x = 1\n"),
)
HANDED = Submission(student="s1", exercise="ex90", files=FILES, submitted_utc="2026-03-01T09:00:00Z")


def claim(
    what: Any = "failed", file: Any = "sub.ipynb", line: Any = 3, name: Any = "E", text: Any = "no"
) -> Any:
    """What a worker may tell."""
    return (what, file, line, name, text)


def test_a_claim_becomes_a_note():
    """By cell and line of the cell."""
    ((note),) = cells.read([claim()], FILES)

    assert (note.file, note.cell, note.line, note.kind) == ("sub.ipynb", 2, 2, "failed")
    assert "Cell 2 ended in line 2 with E: no." in note.message.en
    assert "셀 2의 2행에서 예외가 발생했습니다(E: no)." in note.message.ko


@pytest.mark.parametrize(
    "claimed",
    [
        None,
        (),
        "failed",
        [3],
        [claim(what="passed")],
        [claim(line=0)],
        [claim(line=99)],
        [claim(line=True)],
        [claim(file="layers.py")],
        [claim(file="other.ipynb")],
        [claim(name=7)],
        [claim(text=None)],
        [list(claim())],
        [claim()[:4]],
    ],
)
def test_rubbish_tells_nothing(claimed):
    """A note is about a line of a notebook that was handed in."""
    assert cells.read(claimed, FILES) == []


def test_claims_are_capped():
    """In number and in words, on one line."""
    found = cells.read([claim(name="E" * 10_000, text="a\nb")] * 1000, FILES)

    assert len(found) == 32
    assert all(len(note.message.en) < 400 and "\n" not in note.message.en for note in found)


def test_the_cell_that_would_have_made_a_name():
    """Known by its text; another cell that failed is none of it."""
    notes = cells.read([claim(line=1), claim(line=3)], FILES)

    found = cells.failed("f", notes, FILES)

    assert found is not None
    assert found.cell == 2
    assert cells.failed("g", notes, FILES) is None


class Line:
    """A connection that has something to tell of the source."""

    limits: Any = None
    reply: Any = None
    generation = 0
    notes: Any = ()

    def __init__(self, claimed: Any) -> None:
        self.uses = uses.read(claimed, ran=False) or []


def test_what_is_forbidden_is_told_by_cell():
    """Seen in the worker at a line of all cells; in flag and message it is the cell's."""
    session = serve.Session(wire.Limits(), lambda *_: None)
    files = [(file.name, file.data) for file in FILES[:1]]
    session._load(files, 0, ([], [], list(expand(["convolution"], torch=False).names)))
    assert session.watch is not None
    (claimed,) = session.watch.told()

    run: Any = Run(HANDED, Line(claimed))  # type: ignore[arg-type]

    ((flag),) = run.flags
    assert (flag.what, flag.file, flag.cell, flag.line) == ("numpy.convolve", "sub.ipynb", 2, 2)
    assert "(cell 2, line 2)" in uses.message(run._placed(run.live.uses[0])).en
    assert "(셀 2 2행)" in uses.message(run._placed(run.live.uses[0])).ko
    assert run.frames([("sub.ipynb", 3), ("layers.py", 1), ("sub.ipynb", 99)])[0].cell == 2
