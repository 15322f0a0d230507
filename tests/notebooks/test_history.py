"""The files of an exercise out of a kernel's input history; no kernel here: texts in, texts out."""

import pytest
from IPython.core.inputtransformer2 import TransformerManager

from grader.notebooks.history import STUB, Collected, collect
from grader.notebooks.statements import Cell

STUB_TEXT = '''"""A stub."""

import numpy as np

SCALE = 2


def conv(x):
    """Convolve."""
    raise NotImplementedError("conv is not written yet")


class Value:
    """A value."""

    def back(self):
        raise NotImplementedError("back is not written yet")
'''


def collected(*cells: str, stubs: dict[str, str] | None = None) -> Collected:
    """What comes of these cells, run one after the other."""
    history = [Cell(n=n, source=source) for n, source in enumerate(cells, start=1)]
    return collect(stubs or {"m.py": STUB_TEXT}, history, TransformerManager().transform_cell)


def module(found: Collected, file: str = "m.py") -> dict[str, object]:
    """The file as Python makes it."""
    names: dict[str, object] = {}
    exec(compile(found.files[file], file, "exec"), names)
    return names


def test_the_newest_definition_counts():
    """A function that was defined three times is the third."""
    found = collected("def conv(x): return 1", "def conv(x): return 2", "def conv(x): return 3")

    assert module(found)["conv"](0) == 3
    assert found.cells["conv"] == 3


def test_what_was_not_run_comes_from_the_stub():
    """The file always has all names; those not run say that they are not written yet."""
    found = collected("def conv(x): return 1")

    assert found.cells == {"SCALE": STUB, "conv": 1, "Value": STUB}
    assert "not written yet" in found.files["m.py"]
    assert not found.is_stub


def test_the_untouched_cells_are_the_stub():
    """Running the cells as they were received is no solution."""
    assert collected().is_stub
    assert collected(*STUB_TEXT.split("\n\n\n")).is_stub


def test_helpers_constants_and_imports_come_along_and_nothing_else():
    """What a function needs, directly or not, is there; plots and scratch cells are not."""
    found = collected(
        "import math\nimport matplotlib.pyplot as plt",
        "FACTOR = math.pi\nunused = 1 / 0",
        "def twice(x):\n    return FACTOR * x",
        "plt.plot([twice(k) for k in range(3)])",
        "def conv(x):\n    return twice(x)",
        "conv(3)",
    )

    assert "plt" not in found.files["m.py"]
    assert "unused" not in found.files["m.py"]
    assert module(found)["conv"](1) == pytest.approx(3.14159, abs=1e-4)


def test_a_helper_that_was_run_again_counts_as_it_is_now():
    """Also for functions that were run before it."""
    found = collected("def h(): return 1", "def conv(x): return h()", "def h(): return 2")

    assert module(found)["conv"](0) == 2


def test_a_base_that_was_run_again_stands_before_its_class():
    """What a statement needs when it runs is above it, whenever it was run."""
    found = collected("class Base: kind = 1", "class Value(Base): pass", "class Base: kind = 2")

    assert module(found)["Value"].kind == 2


def test_a_wrapped_function_keeps_what_it_wraps():
    """`f = wrap(f)` stands on the `f` before it, also when the cell was run twice."""
    cell = "def wrap(f):\n    return lambda x: f(x) + 1\ndef conv(x): return x\nconv = wrap(conv)"

    found = collected(cell, cell)

    assert module(found)["conv"](1) == 2


@pytest.mark.parametrize(
    "change",
    [
        "Value.more = lambda self: 7",
        "setattr(Value, 'more', lambda self: 7)",
        "def add(c):\n    return lambda f: setattr(c, f.__name__, f)\n@add(Value)\ndef more(self): return 7",
    ],
    ids=["attribute", "setattr", "decorator"],
)
def test_a_class_that_grows_over_several_cells_is_whole(change):
    """Methods that later cells put into a class are in the file."""
    found = collected("class Value:\n    pass", change)

    assert module(found)["Value"]().more() == 7


def test_a_table_that_later_lines_fill_is_full():
    """Assignments to entries follow the table."""
    found = collected("table = {}\ntable['a'] = 5", "def conv(x): return table[x]")

    assert module(found)["conv"]("a") == 5


def test_magics_are_left_out_and_python_under_time_is_not():
    """`%`, `!` and `?` lines vanish; what `%%time` defines is defined; `%%bash` is no Python."""
    found = collected(
        "%matplotlib inline\n!pip install x\ndef conv(x):\n    return 1",
        "%%time\ndef conv(x):\n    return 2",
        "%%bash\ndef conv(x): return 3",
        "conv?",
        "%grade check ex10",
    )

    assert module(found)["conv"](0) == 2
    assert "get_ipython" not in found.files["m.py"]
    assert found.left == []


def test_a_magic_inside_a_function_is_said():
    """It would be an error outside the notebook."""
    found = collected("def conv(x):\n    !ls\n    return 1")

    assert [(one.reason, one.cell, one.name) for one in found.left] == [("magic", 1, "conv")]


def test_a_cell_that_is_not_python_leaves_the_one_before():
    """It never ran; that is said where it was about the exercise, and no longer once it was mended."""
    broken = "def conv(x)\n    return 2"

    found = collected("def conv(x): return 1", "plot(", broken)

    assert module(found)["conv"](0) == 1
    assert [(one.reason, one.cell, one.name) for one in found.left] == [("not_python", 3, "conv")]
    assert collected(broken, "def conv(x): return 1").left == []


def test_a_scratch_value_does_not_hide_a_function():
    """`conv = conv(3)` in a scratch cell is no definition; a name for another function is one."""
    found = collected("def conv(x): return 1", "conv = [1, 2]")
    named = collected("def mine(x): return 4", "conv = mine")

    assert module(found)["conv"](0) == 1
    assert [(one.reason, one.cell, one.name) for one in found.left] == [("value", 2, "conv")]
    assert module(named)["conv"](0) == 4


def test_lines_are_those_of_the_cell():
    """A place says where a line of the file is in its cell: also below empty lines, magics and `%%time`."""
    found = collected("\n\n%%time\nx = 1\n%precision 3\n\ndef conv(x):\n    return here")

    lines = found.files["m.py"].split("\n")
    at = lines.index("    return here") + 1
    place = next(p for p in found.places if p.start <= at < p.start + p.lines)

    assert (place.cell, place.cell_line + at - place.start) == (1, 8)


def test_statements_on_one_line_are_told_apart():
    """`a = 1; b = 2` are two statements."""
    found = collected("k = 3; junk = open('nowhere')", "def conv(x): return k")

    assert module(found)["conv"](0) == 3


def test_the_same_functions_make_the_same_file_however_they_were_run():
    """Running a cell again changes no digest, and so costs no attempt."""
    cells = ["import numpy as np", "def conv(x): return np.sum(x)", "class Value: pass"]

    once, twice = collected(*cells), collected(*cells, "1 + 1", *reversed(cells))

    assert once.files == twice.files


def test_several_files_share_the_notebook():
    """Each file gets its own names, imports the others', and both forms of import work."""
    stubs = {
        "model.py": "import layers\n\n\ndef forward(x):\n    return layers.double(x)\n",
        "layers.py": "def double(x):\n    raise NotImplementedError\n",
    }

    found = collected(
        "import __main__ as layers",
        "def helper(x): return x",
        "def double(x): return helper(x) * 2",
        "def forward(x): return double(x) + layers.double(x)",
        stubs=stubs,
    )

    assert "import layers" in found.files["model.py"]
    assert "from layers import double" in found.files["model.py"]
    assert "def double" not in found.files["model.py"]
    assert "def helper" in found.files["layers.py"]
    assert "__main__" not in found.files["model.py"]


@pytest.mark.parametrize("cell", ["x" * (2**20 + 1), "-" * 200_000 + "1", "\0", "await f()"])
def test_odd_cells_harm_nothing(cell):
    """A cell that cannot be read is passed over."""
    assert module(collected(cell, "def conv(x): return 1"))["conv"](0) == 1
