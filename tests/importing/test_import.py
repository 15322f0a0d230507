"""`grade import nbgrader`: what becomes a check and what is told; what was made is judged here for real."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from grader.cli.entry import run
from grader.core.course import COURSE_FILE, load
from grader.core.stub import stub
from grader.importing import exercise
from grader.importing.cells import read
from tests.importing.course import code, graded, solution, text, write

SQUARES = solution(
    "def squares(n):\n"
    '    """1, 4, 9, …"""\n'
    "    ### BEGIN SOLUTION\n"
    "    if n < 1:\n"
    '        raise ValueError("n must be positive")\n'
    "    return [i ** 2 for i in range(1, n + 1)]\n"
    "    ### END SOLUTION"
)


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """Where the nbgrader course is."""
    return tmp_path / "old"


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to import into."""
    for name in ("GRADE_COURSE", "GRADE_STATE", "GRADE_BOOK", "GRADE_STUDENT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "C.UTF-8")
    root = tmp_path / "new"
    root.mkdir()
    monkeypatch.chdir(root)
    return root


@pytest.fixture
def imported(root: Path, old: Path, capsys: Any) -> Callable[..., str]:
    """Imports one notebook of these cells; returns what was printed."""

    def imported(*cells: Any) -> str:
        write(old, "source/ps1/work.ipynb", *cells)
        code = run(["import", "nbgrader", str(old)])
        out, err = capsys.readouterr()
        assert code == 0, err
        assert "Traceback" not in out + err
        return str(out)

    return imported


def judged(root: Path, source: str) -> dict[str, str]:
    """Outcomes by check of a source that is handed in, judged in a process of its own."""
    (root / "handed.py").write_text(source)
    done = subprocess.run(
        [sys.executable, "-m", "grader.cli", "submit", "ex01", "handed.py", "--student", "s", "--json"],
        cwd=root,
        env={**os.environ, "GRADE_COURSE": str(root)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode in (0, 1), done.stderr
    record = json.loads(done.stdout)
    return {**{c["id"]: c["outcome"] for c in record["checks"]}, "score": record["score"]}


def reference(root: Path) -> str:
    """The reference that was made."""
    return (root / "solutions" / "ex01_ps1" / "work.py").read_text()


def suite(root: Path) -> str:
    """The hidden suite that was made."""
    return (root / "solutions" / "ex01_ps1" / "hidden" / "test_work.py").read_text()


@pytest.mark.slow
def test_a_notebook_becomes_an_exercise(imported: Callable[..., str], root: Path) -> None:
    """Reference, stub, task and checks: its own solution has full marks, nothing written has 0."""
    told = imported(
        text("# Squares\n\nWrite `squares`."),
        SQUARES,
        graded(
            '"""Small numbers."""\n'
            "assert squares(2) == [1, 4]\n"
            "### BEGIN HIDDEN TESTS\n"
            "assert squares(5)[-1] == 25\n"
            "### END HIDDEN TESTS",
            "small",
            points=3,
        ),
        graded(
            "try:\n    squares(0)\nexcept ValueError:\n    pass\nelse:\n    raise AssertionError", "zero", 2
        ),
    )

    course = load(root / COURSE_FILE)
    made = course.exercise("ex01")
    assert "ex01_ps1: 2 checks, 5 points" in told
    assert (made.files, made.points) == (("work.py",), 5)
    assert made.stub_path.read_text() == stub(reference(root))
    assert "25" not in (made.public_dir / "test_public.py").read_text()
    assert "squares(5)[-1] == 25" in suite(root)
    assert "HIDDEN" not in suite(root)
    assert (made.public_dir / "README.md").read_text().startswith("# Squares\n\nWrite `squares`.")
    right = judged(root, reference(root))
    assert right.pop("score") == 5
    assert set(right) == {"public/test_small", "public/test_zero", "test_small", "test_zero"}
    assert set(right.values()) == {"passed"}
    assert judged(root, made.stub_path.read_text() + "# begun\n")["score"] == 0
    assert judged(root, "x = 1\n")["score"] == 0
    hidden_only = reference(root).replace("return [", "return [1, 4] if n == 5 else [")
    assert judged(root, hidden_only) == {
        "public/test_small": "passed",
        "public/test_zero": "passed",
        "test_small": "failed",
        "test_zero": "passed",
        "score": 2,
    }
    key_error = judged(root, reference(root).replace("raise ValueError", "raise KeyError"))
    assert (key_error["test_zero"], key_error["score"]) == ("crashed", 3)


def test_what_cells_may_do(imported: Callable[..., str], root: Path) -> None:
    """Values, classes, given data, helpers, arrays, nose's asserts, functions as arguments cross."""
    told = imported(
        code("import numpy as np\n\nDATA = np.array([1.0, 2.0, 3.0])"),
        solution("### BEGIN SOLUTION\nmean = float(DATA.mean())\n### END SOLUTION"),
        solution("def scaled(x, by):\n    ### BEGIN SOLUTION\n    return x * by\n    ### END SOLUTION"),
        solution("def apply(f, x):\n    ### BEGIN SOLUTION\n    return f(x, 2)\n    ### END SOLUTION"),
        solution(
            "class Stack:\n"
            "    ### BEGIN SOLUTION\n"
            "    def __init__(self):\n"
            "        self.items = []\n"
            "    def push(self, x):\n"
            "        self.items.append(x)\n"
            "    def pop(self):\n"
            "        return self.items.pop()\n"
            "    def __len__(self):\n"
            "        return len(self.items)\n"
            "    ### END SOLUTION"
        ),
        code("def twice(x):\n    return scaled(scaled(x, 2), 1)"),
        graded("from nose.tools import assert_equal, assert_raises\nassert_equal(mean, 2.0)", "value"),
        graded(
            "np.testing.assert_allclose(scaled(DATA, 2), [2.0, 4.0, 6.0])\nr = scaled(DATA, 1)\nr[0] = 5",
            "array",
        ),
        graded("assert_equal(apply(scaled, 3), 6)", "function"),
        graded(
            "s = Stack()\ns.push([1])\nassert len(s) == 1\nassert s.pop() == [1]\n"
            "with assert_raises(IndexError):\n    s.pop()\nassert not hasattr(s, 'peek')",
            "object",
        ),
        graded("text = '''two\nlines'''\nassert twice(text) == text * 2", "helper"),
    )

    assert "5 checks, 5 points" in told
    assert "not translated" not in told
    right = judged(root, reference(root))
    assert right.pop("score") == 5, right
    forged = (
        "class Always:\n"
        "    def __eq__(self, other): return True\n"
        "    def __lt__(self, other): return True\n"
        "    def __sub__(self, other): return self\n"
        "    def __abs__(self): return self\n"
        "mean = Always()\n"
        "def scaled(x, by): return Always()\n"
        "def apply(f, x): return Always()\n"
        "Stack = Always\n"
    )
    assert judged(root, forged)["score"] == 0


def test_comparing_with_an_object_says_nothing(imported: Callable[..., str], root: Path) -> None:
    """`abs(f(x) - 1) < eps` cannot be answered by the student's own `<`."""
    imported(
        solution("def f(x):\n    ### BEGIN SOLUTION\n    return x + 1e-12\n    ### END SOLUTION"),
        graded("assert abs(f(1) - 1) < 1e-9", "close"),
    )
    forged = (
        "class Any:\n    def __sub__(self, other): return self\n    def __abs__(self): return self\n"
        "    def __lt__(self, other): return True\n\n\ndef f(x):\n    return Any()\n"
    )

    assert judged(root, forged)["test_close"] == "failed"


F = solution("def f(x):\n    ### BEGIN SOLUTION\n    return x\n    ### END SOLUTION")


@pytest.mark.parametrize(
    ("cells", "says"),
    [
        pytest.param([graded("del f", "a")], "it deletes 'f' in the student's kernel", id="del"),
        pytest.param([graded("f = abs\nassert f(1)", "a")], "in place of the student's 'f'", id="mock"),
        pytest.param(
            [graded("import inspect\nassert inspect.getsource(f)", "a")], "student's source", id="source"
        ),
        pytest.param(
            [graded("import matplotlib.pyplot as plt\nplt.gca()", "a")], "looks at plots", id="plot"
        ),
        pytest.param([graded("assert 'f' in globals()", "a")], "looks into the kernel", id="globals"),
        pytest.param([graded("assert open('x.csv')", "a")], "reads or writes a file", id="file"),
        pytest.param(
            [graded("assert y == 1", "a")], "it needs 'y', which no cell before it gives", id="unknown"
        ),
        pytest.param(
            [code("y = f(3)"), graded("assert y == 3", "a")],
            "it needs 'y', which is not here: it uses 'f', which students write",
            id="scratch",
        ),
        pytest.param(
            [graded("z = 3\nassert f(z) == 3", "b"), graded("assert z", "a")],
            "it needs 'z', which cell 3 left in the kernel",
            id="left behind",
        ),
        pytest.param(
            [graded("%timeit f(1)\n!ls", "a")], "left out the test line '%timeit f(1)'", id="magics"
        ),
        pytest.param([graded("%%bash\nls", "a")], "left out the test line '%%bash'", id="cell magic"),
        pytest.param([graded("assert f(1) ==", "a")], "it is not Python", id="syntax"),
        pytest.param([graded("### AUTOTEST f(1)", "a")], "AUTOTEST", id="autotest"),
        pytest.param(
            [text("why?", grade=True, solution=True, grade_id="m", points=4)], "graded by people", id="manual"
        ),
        pytest.param(
            [text("Do it.", task=True, grade_id="t", points=2, locked=True)], "graded by people", id="task"
        ),
        pytest.param([code("import pandas as pd")], "workers have no 'pandas'", id="package"),
        pytest.param([code("f(1)")], "left out 'f(1)'", id="shows"),
        pytest.param([code("%matplotlib inline")], "'%matplotlib inline': only IPython", id="magic"),
        pytest.param(
            [code("def draw():\n    display(f(1))\nimport pandas\npandas.x")], "pandas", id="uses it"
        ),
        pytest.param(
            [graded("try:\n    f(1)\nexcept Exception:\n    pass\nassert f(2)", "a")],
            "every exception",
            id="wide",
        ),
        pytest.param([graded("assert f(1)", "a", points=0)], "worth 0 points", id="no points"),
    ],
)
def test_what_is_told(old: Path, cells: list[Any], says: str) -> None:
    """Whatever is not carried over is listed with its notebook and cell; the rest is."""
    path = write(old, "source/ps1/work.ipynb", F, graded("assert f(7) == 7", "good"), *cells)

    made = exercise.draft("ex01_ps1", "work.py", "Work", "work.ipynb", read(path, "work.ipynb"))

    assert "good" in [check.group for check in made.checks]
    assert made.public()
    found = [str(one) for one in made.findings if says in one.what]
    assert found, [str(one) for one in made.findings]
    assert all(one.startswith("work.ipynb, cell ") for one in found)


def test_checks_that_the_solution_does_not_pass(imported: Callable[..., str], root: Path) -> None:
    """They are taken out, and told: a wrong test, and one that looks at a list changed in place."""
    told = imported(
        F,
        graded("assert f(7) == 7", "good"),
        graded("assert f(1) == 2", "wrong"),
        graded("x = [1]\nf(x).append(2)\nassert x == [1, 2]", "in place"),
    )

    assert "ex01_ps1: 1 check, 1 points" in told
    for cell in (3, 4):
        (line,) = [
            line for line in told.splitlines() if line.startswith(f"  - source/ps1/work.ipynb, cell {cell}:")
        ]
        assert "it does not pass with the notebook's own solution" in line
    assert "in_place" not in suite(root)


def test_answers_stay_out_of_the_task(imported: Callable[..., str], root: Path) -> None:
    """Neither answers in words nor schemes of marks are in what students read."""
    imported(
        F,
        graded("assert f(7) == 7", "good"),
        text("The answer is 42.", solution=True, grade=True, grade_id="m", points=4),
        text("The answer is 43.", solution=True, grade_id="n"),
        text(
            "Task.\n### BEGIN MARK SCHEME\n44\n### END MARK SCHEME\nGo.",
            task=True,
            grade_id="t",
            points=1,
            locked=True,
        ),
    )

    readme = (root / "exercises" / "ex01_ps1" / "README.md").read_text()
    assert "Task.\nGo." in readme
    assert not any(answer in readme for answer in ("42", "43", "44"))


def test_half_points(imported: Callable[..., str], root: Path) -> None:
    """They are made whole together, and that is said."""
    told = imported(F, graded("assert f(7) == 7", "a", 0.5), graded("assert f(8) == 8", "b", 1.25))

    assert "points are multiplied by 4" in told
    assert load(root / COURSE_FILE).exercise("ex01").points == 7


def test_it_passes_lint_and_is_released(imported: Callable[..., str], root: Path, capsys: Any) -> None:
    """What was made is clean by our own rules for suites, and `grade release` takes it."""
    imported(
        SQUARES, graded("assert squares(2) == [1, 4]\n### BEGIN HIDDEN TESTS\nassert squares(3)\n", "small")
    )

    assert run(["release", str(root.parent / "bundle")]) == 0
    compile(suite(root), "suite", "exec")
    assert max(map(len, suite(root).splitlines())) < 110


def test_never_over_what_is_there(imported: Callable[..., str], root: Path, old: Path, capsys: Any) -> None:
    """A second import makes others beside the first; a folder that is in the way stops it."""
    imported(F, graded("assert f(7) == 7", "a"))
    before = {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}

    assert run(["import", "nbgrader", str(old)]) == 0

    assert list(load(root / COURSE_FILE).exercises) == ["ex01_ps1", "ex02_ps1_nb"]
    changed = {path for path, data in before.items() if path.read_bytes() != data}
    assert changed <= {root / COURSE_FILE}
    (root / "solutions" / "ex03_ps1_nb_nb").mkdir()
    capsys.readouterr()
    assert run(["import", "nbgrader", str(old)]) == 2
    assert "never overwritten" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("make", "says"),
    [
        pytest.param(lambda old: None, "name the folder of an nbgrader course", id="no course"),
        pytest.param(
            lambda old: write(old, "source/ps1/a.ipynb", text("hello")), "no solution cell", id="no solution"
        ),
        pytest.param(
            lambda old: write(old, "source/ps1/a.ipynb", code("x = 1", schema_version=2)),
            "run 'nbgrader update'",
            id="old metadata",
        ),
        pytest.param(
            lambda old: (
                (old / "source/ps1/a.ipynb").parent.mkdir(parents=True)
                or (old / "source/ps1/a.ipynb").write_text("{")
            ),
            "is no notebook",
            id="broken",
        ),
        pytest.param(
            lambda old: write(
                old,
                "source/ps1/a.ipynb",
                solution("import pandas\n\n\ndef f(x):\n    return x"),
                graded("assert f(1)", "a"),
            ),
            "No module named 'pandas'",
            id="needs a package",
        ),
    ],
)
def test_what_cannot_be_imported(
    root: Path, old: Path, capsys: Any, make: Callable[[Path], object], says: str
) -> None:
    """Exit 2 with the reason, and nothing is written."""
    make(old)

    assert run(["import", "nbgrader", str(old)]) == 2

    assert says in capsys.readouterr().err
    assert list(root.iterdir()) == []


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        pytest.param({"metadata": {"nbgrader": "evil"}}, "not as nbgrader writes it", id="metadata"),
        pytest.param({"source": 5}, "is no cell of a notebook", id="source"),
        pytest.param({"source": "x = " + "-" * 20_000 + "1"}, "nothing of", id="nested"),
    ],
)
def test_a_cell_that_is_none(root: Path, old: Path, capsys: Any, spoil: dict[str, Any], says: str) -> None:
    """What nbformat lets through is told with its cell."""
    path = write(old, "source/ps1/a.ipynb", SQUARES, code("1"))
    notebook = json.loads(path.read_text())
    notebook["cells"][1].update(spoil)
    path.write_text(json.dumps(notebook))

    assert run(["import", "nbgrader", str(old)]) == 2

    assert says in capsys.readouterr().err
    assert list(root.iterdir()) == []
