"""`grade start --notebook`: every exercise of the course as a notebook, in both languages."""

import ast
import itertools
import json
import re
from pathlib import Path

import nbformat
import pytest

from grader.cli.entry import run
from grader.core.course import Course, load
from grader.notebooks.making import notebook, parts
from tests.cli.tiny import COURSE as TINY
from tests.notebooks.conftest import shown

ROOT = Path(__file__).parent.parent.parent
COURSE: Course = load(ROOT / "exercises" / "course.toml")
FILES: Course = load(TINY.parent / "course_files" / "exercises" / "course.toml")


def defined(source: str) -> dict[str, str]:
    """What each function and class at the top is, as a tree without positions."""
    scopes = (ast.FunctionDef, ast.ClassDef)
    return {node.name: ast.dump(node) for node in ast.parse(source).body if isinstance(node, scopes)}


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("exercise", COURSE.exercises.values(), ids=COURSE.exercises)
def test_every_exercise_is_a_notebook(exercise, language):
    """Valid, always the same, with the whole stub in cells of its own and a check after each."""
    data = notebook(exercise, language)

    book = nbformat.reads(data.decode(), as_version=4)
    nbformat.validate(book)
    assert data == notebook(exercise, language)
    assert (book.nbformat, book.nbformat_minor) == (4, 5)
    assert book.metadata.kernelspec.name == "python3"
    assert "widgets" not in book.metadata
    ids = [cell.id for cell in book.cells]
    assert len(set(ids)) == len(ids)
    assert all(not cell.get("outputs") for cell in book.cells)
    code = [cell for cell in book.cells if cell.cell_type == "code"]
    ours = [cell for cell in code if "skip-grade" in cell.metadata.get("tags", [])]
    theirs = [cell for cell in code if cell not in ours]
    stub = exercise.stub_path.read_text("utf-8")
    assert defined("\n".join(cell.source for cell in theirs)) == defined(stub)
    for cell, after in itertools.pairwise(code):
        if cell in theirs and defined(cell.source):
            assert list(defined(cell.source)) == [cell.id]
            assert after.source.startswith(f"%grade check {exercise.number}")
    assert code[0].source == "%load_ext grader"
    assert code[-1].source.startswith("# %grade submit")


@pytest.mark.parametrize("name", ["README.md", "README.ko.md"])
@pytest.mark.parametrize("exercise", COURSE.exercises.values(), ids=COURSE.exercises)
def test_the_task_is_there_to_its_last_line(exercise, name):
    """Formulae become LaTeX; every other line stands as it was written."""
    book = json.loads(notebook(exercise, "ko" if "ko" in name else "en"))
    cells = ["".join(c["source"]) for c in book["cells"] if c["id"].startswith("task-")]

    text = "\n".join(cells)
    lines = set(text.split("\n"))
    for line in (exercise.public_dir / name).read_text("utf-8").rstrip().split("\n"):
        assert line in lines or (line.startswith("    ") and "$$" in text)
    assert text.startswith("# ")
    assert text.count("$$") % 2 == 0


def test_a_cell_shows_nothing_when_it_is_run():
    """A docstring of a constant at the end of a cell would be printed: it is a comment there."""
    made = list(
        parts('"""Module."""\n\nimport numpy as np\n\nK = 4\n"""How many."""\n\n\ndef f():\n    pass\n')
    )

    assert [part.name for part in made] == [None, "f"]
    assert made[0].source.endswith("K = 4\n# How many.")
    assert ast.get_docstring(ast.parse(made[0].source)) == "Module."


def test_decorators_and_comments_stay_with_their_function():
    """What stands right above a function is part of its cell; constants between are cells of their own."""
    stub = "import a\n\n# About f.\n@a.b\ndef f(): pass\n\nX = 1\n\nclass C:\n    pass\n\nY = 2\n"

    made = list(parts(stub))

    assert [part.name for part in made] == [None, "f", None, "C", None]
    assert made[1].source == "# About f.\n@a.b\ndef f(): pass"


def test_several_files_share_a_notebook():
    """Parts come before what imports them; `import layers` means the notebook itself."""
    book = json.loads(notebook(FILES.exercise("ex96"), "en"))
    sources = ["".join(cell["source"]) for cell in book["cells"]]

    assert sources.index("### For `layers.py`") < sources.index("### For `model.py`")
    assert any("import __main__ as layers" in source for source in sources)
    assert not any(re.search("^(import|from) layers", source, re.MULTILINE) for source in sources)


def test_it_is_written_once_and_never_over_work(capsys, tmp_path):
    """A second start ends with 2 and leaves the file as it is; a link counts as work, too."""
    path = tmp_path / "work" / "double.ipynb"

    assert run(["start", "ex90", "--notebook", "--lang", "ko"]) == 0
    assert "노트북을 만들었습니다" in capsys.readouterr().out
    path.write_text("my work")

    assert run(["start", "ex90", "--notebook"]) == 2
    assert "never overwritten" in capsys.readouterr().err
    assert path.read_text() == "my work"
    path.unlink()
    path.symlink_to("nowhere")
    assert run(["start", "ex90", "--notebook"]) == 2


def test_a_fresh_notebook_runs_from_top_to_bottom(run_cells):
    """As it comes: every cell runs, checks say what is not written yet, and nothing is handed in."""
    book = json.loads(notebook(load(TINY / "exercises" / "course.toml").exercise("ex90"), "ko"))
    sources = ["".join(cell["source"]) for cell in book["cells"] if cell["cell_type"] == "code"]

    cells = run_cells(*sources)

    assert all(output.output_type != "error" for cell in cells for output in cell.outputs)
    assert "아직 작성하지 않은 부분" in "".join(
        output.data["text/html"] for output in cells[-2].outputs if output.output_type == "display_data"
    )
    assert shown(cells[-1]) == ""
    assert not Path("../state/gradebook.sqlite3").exists()
