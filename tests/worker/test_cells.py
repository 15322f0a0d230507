"""A notebook's cells as a module: each by itself, without what only a kernel can do."""

import sys
from typing import Any

import pytest

from grader.core import notebook
from grader.core.notebook import Cell
from grader.worker.cells import Notebook, _StandIns

DRAWING_LIBRARIES = ("matplotlib", "IPython")


class _NotInstalled:
    """Libraries that draw are not there, as in a worker, whatever this Python has."""

    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in DRAWING_LIBRARIES:
            for finder in sys.meta_path:
                if isinstance(finder, _StandIns):
                    return finder.find_spec(name, path, target)
        return None


@pytest.fixture(autouse=True)
def as_in_a_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    """What stands for libraries that draw is gone after the test."""
    monkeypatch.setattr(sys, "meta_path", [_NotInstalled(), *sys.meta_path])
    there = {
        name: m for name, m in sys.modules.items() if name.split(".")[0] not in ("matplotlib", "IPython")
    }
    monkeypatch.setattr(sys, "modules", there)


def ran(*sources: str, skipped: int | None = None) -> tuple[dict[str, Any], list[tuple[str, int, str]]]:
    """Names of the module, and (what, line of all, words) of each note."""
    cells = [Cell(number=n, source=s, skipped=n == skipped) for n, s in enumerate(sources, start=1)]
    read = Notebook("sub.ipynb", notebook.pack(cells))
    names: dict[str, Any] = {"__name__": "sub"}
    read.run(names)
    return names, [
        (what, line, f"{name}: {text}" if text else name) for what, _, line, name, text in read.notes
    ]


def test_cells_share_one_module():
    """In the order in which they stand; the last definition counts."""
    names, notes = ran("a = 1", "def f():\n    return a", "a = 2", "def f():\n    return -a")

    assert (names["f"](), notes) == (-2, [])


@pytest.mark.parametrize(
    ("broken", "line", "words"),
    [
        ("x = 1\n1 / 0\ny = 2", 2 + 2, "ZeroDivisionError: division by zero"),
        ("def g(:", 2 + 1, "SyntaxError: invalid syntax"),
        ("x = 1\nreturn 3", 2 + 2, "SyntaxError: 'return' outside function"),
        ("x = 1\nimport sys; sys.exit(0)", 2 + 2, "SystemExit: 0"),
        ("x = 1\nraise KeyboardInterrupt", 2 + 2, "KeyboardInterrupt"),
        ("x = 1\nf(0)", 2 + 2, "ZeroDivisionError: division by zero"),
        (
            "x = 1\nimport nothing",
            2 + 2,
            "ModuleNotFoundError: No module named 'nothing'",
        ),
        ("x = 1\ninput('?')", 2 + 2, None),
        ("x = 1\nclass E(Exception):\n    def __str__(self): raise self\nraise E", 2 + 4, "E"),
    ],
    ids=["error", "syntax", "compile", "exit", "interrupt", "in a function", "import", "input", "text"],
)
def test_a_failing_cell_spoils_no_other(broken, line, words):
    """It ends where it fails, and is told by its own line; what stands in it before that is there."""
    names, notes = ran("def f(x):\n    return 1 / x", broken, "def h():\n    return 3")

    ((what, at, told),) = notes
    assert (what, at) == ("failed", line)
    assert words in (None, told)
    assert (names["f"](1), names["h"]()) == (1, 3)
    assert "y" not in names
    assert names.get("x") == (None if words and words.startswith("SyntaxError") else 1)


def test_tagged_cells_do_not_run():
    """They count as cells, and nothing else."""
    names, notes = ran("a = 1", "a = 2\n1 / 0", "1 / 0", skipped=2)

    assert names["a"] == 1
    assert [line for _, line, _ in notes] == [4]


@pytest.mark.parametrize(
    ("source", "left", "after"),
    [
        ("%matplotlib inline\na = 1", [], 1),
        ("%pip install torch\na = 1", ["%pip install torch"], 1),
        ("!ls 'x\na = 1", ["!ls 'x"], 1),
        ("!ls \\\n  -l\na = 1", ["!ls \\"], 1),
        ("?print\nprint?\na = 1", ["?print", "print?"], 1),
        ("files = !ls\na = 1", ["files = !ls"], 1),
        ("if True:\n    %pip list\na = 1", ["%pip list"], 1),
        ("%time a = 1", [], 1),
        ("%%time\na = 1", [], 1),
        ("\n%%capture out\na = 1", [], 1),
        ("%%bash\na = 1", ["%%bash"], None),
        ("%%writefile x.py\na = 1", ["%%writefile x.py"], None),
        ("a = (7\n  % 3)", [], 1),
        ("a = '''\n%pip install\n!ls\n'''.count('%')", [], 1),
    ],
)
def test_commands_for_a_kernel_are_left_out(source, left, after):
    """Each with a word, but for those that change nothing; what only looks like one stays."""
    names, notes = ran(source)

    assert [words for _, _, words in notes] == left
    assert names.get("a") == after


DRAWING = """
import matplotlib.pyplot as plt
import numpy as np
def show(x):
    fig, ax = plt.subplots()
    with plt.style.context("x"):
        ax[0].plot(x)
    return ax
"""


@pytest.mark.parametrize(
    ("source", "noted"),
    [
        ("plt.plot(undefined)\nplt.show()", True),
        (
            "fig, ax = plt.subplots(2, 2)\nax[0, 0].imshow(undefined)\nfor a in ax.flat:\n    a.axis('off')",
            True,
        ),
        ("for k in range(3):\n    plt.plot(undefined)", True),
        ("display(undefined)", True),
        ("get_ipython().run_line_magic('x', '')", True),
        ("from IPython.display import HTML\nHTML('x')", True),
        ("from grader import check\ncheck('ex10')", True),
        ("value = show(1)", False),
        ("plt = np.float64\nvalue = plt(1)", False),
        ("def display(x): return x\nvalue = display(1)", False),
    ],
)
def test_what_draws_does_not_run(source, noted):
    """It is noted once a cell; definitions beside it are there, and call nothing that is not."""
    names, notes = ran(DRAWING, source + "\ndef f(): return 5", "kept = 1")

    assert [what for what, _, _ in notes] == (["plot"] if noted else [])
    assert (names["f"](), names["kept"]) == (5, 1)
    assert noted or "value" in names


def test_a_library_that_is_there_is_not_replaced(tmp_path, monkeypatch):
    """The stand-in is looked for last."""
    (tmp_path / "seaborn.py").write_text("real = True\n")
    monkeypatch.syspath_prepend(tmp_path)

    names, _ = ran("import seaborn as s\ndef f():\n    return s.real")

    assert names["f"]() is True


def test_future_imports_hold_for_later_cells():
    """As they do in a kernel, and in a file."""
    names, notes = ran(
        "from __future__ import annotations", "def f(x: undefined) -> undefined:\n    return x"
    )

    assert (names["f"](1), notes) == (1, [])


def test_lines_are_those_of_the_text():
    """What raises later is at the line that `notebook.place` knows."""
    sources = ["a = 1\n\n", "%%bash\nls", "%pip list\n\ndef f():\n    1 / 0"]
    packed = notebook.pack(Cell(number=n, source=source) for n, source in enumerate(sources, start=1))
    names: dict[str, Any] = {}
    Notebook("sub.ipynb", packed).run(names)

    with pytest.raises(ZeroDivisionError) as caught:
        names["f"]()

    assert notebook.place(notebook.unpacked(packed), caught.traceback[-1].lineno + 1) == (3, 4)


def test_python_is_what_runs():
    """For the search for what is forbidden: at its lines, without cells that are not Python."""
    cells = [
        Cell(number=1, source="import torch\n%pip list"),
        Cell(number=2, source="torch.skipped", skipped=True),
        Cell(number=3, source="def f(:"),
        Cell(number=4, source="torch.conv2d"),
    ]

    text = Notebook("sub.ipynb", notebook.pack(cells)).python.decode()

    assert text.split("\n") == ["import torch", "pass", "", "", "torch.conv2d"]


def test_many_notes_are_capped():
    """As are their words."""
    _, notes = ran(*["raise ValueError('x' * 10_000)"] * 100)

    assert len(notes) == 32
    assert all(len(words) < 300 for _, _, words in notes)
